package checks

import (
	"context"
	"errors"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// fewFiles is a container with little room for open files: the supervisors have 320, and programs 250.
func fewFiles(h *container.HostConfig) {
	h.Ulimits = []*container.Ulimit{{Name: "nofile", Soft: 250, Hard: 320}}
}

// fewTasks is a container whose pids limit leaves room for some services.
func fewTasks(h *container.HostConfig) {
	limit := int64(160)
	h.PidsLimit = &limit
}

// roomChecks make more services than there is room for.
// contract: SUP-123 SUP-124
func roomChecks() []Check {
	return []Check{
		{
			Name: "services that a limit of open files has no room for are named, and programs start all the same", Clauses: []string{"SUP-123"},
			Doc: "30 services with loggers below a limit of 320 open files; then most of them go", Run: roomForFiles,
		},
		{
			Name: "a service waits while a pids limit has no room for it, says so, and starts when there is", Clauses: []string{"SUP-124"},
			Doc: "processes of hermes fill a pids limit but for 20, a service comes, and then they end", Run: roomForTasks,
		},
	}
}

func roomForFiles(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Host: fewFiles})
	if err != nil {
		return err
	}
	make30 := `cd /run/service && for i in $(seq 10 39); do mkdir -p .n/log && printf '#!/bin/sh\nulimit -Sn >/tmp/soft\nexec sleep 1000\n' >.n/run && ` +
		`printf '#!/bin/sh\nexec cat >/dev/null\n' >.n/log/run && chmod 755 .n/run .n/log/run && mv .n n$i; done; /command/s6-svscanctl -a /run/service`
	if err := expectSh(ctx, c, "SUP-123", make30); err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "start the container with --ulimit nofile=16384", verbLimit); err != nil {
		return broken("SUP-123", err)
	}
	out, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	if strings.Count(out, "skipped ") != 1 || !strings.Contains(out, `"n1`) || !strings.Contains(out, "open files has no room, as a service takes 6, with a logger 14") {
		errs = append(errs, violates("SUP-123", "want one line about the limit:\n%s", out))
	}
	const up = `for d in /run/service/n??; do [ "$(/command/s6-svstat -o up $d 2>/dev/null)" = true ] && echo ${d##*/n}; done`
	_, err = c.WaitSh(ctx, "the first services, in their order", `got=$(`+up+`); [ -n "$got" ] && [ "$got" = "$(seq 10 $((9 + $(echo "$got" | wc -l))))" ] && [ $(echo "$got" | wc -l) -lt 30 ]`, verbLimit)
	errs = append(errs, broken("SUP-123", err))
	for _, script := range []string{
		`[ "$(cat /tmp/soft)" = 250 ]`,
		`d=$(ls /proc/$(pgrep -o -u hermes -f '^s6-svscan-user ')/fd | wc -l); [ $d -le 130 ] || { echo $d; exit 1; }`,
		// Room that is made is used at the next scan.
		dropSlots + `drop n10 n11 n12; i=0; until [ "$(/command/s6-svstat -o up /run/service/n13)" = true ] && ` + up + ` | grep -q '^1[3-9]'; do i=$((i+1)); [ $i -lt 50 ] || exit 1; sleep 0.1; done`,
	} {
		errs = append(errs, expectSh(ctx, c, "SUP-123", script))
	}
	return errors.Join(errs...)
}

func roomForTasks(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Host: fewTasks})
	if err != nil {
		return err
	}
	// Those who fill the limit are children of one process, which makes them until 20 more are left.
	const fill = `cat >/tmp/fill.py <<'PY'
import os, signal, time
def used(): return int(next(open(p).read() for p in ("/sys/fs/cgroup/pids.current", "/sys/fs/cgroup/pids/pids.current") if os.path.exists(p)))
while used() < 160 - 20:
    if os.fork() == 0: time.sleep(1000)
open("/tmp/full", "w"); signal.pause()
PY
setsid python3 /tmp/fill.py >/dev/null 2>&1 & i=0; until [ -e /tmp/full ]; do i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.1; done`
	if err := expectSh(ctx, c, "SUP-124", fill); err != nil {
		return err
	}
	if err := expectSh(ctx, c, "SUP-124", newSlot+`slot late "exec sleep 4242"`); err != nil {
		return err
	}
	_, err = c.WaitSh(ctx, "the cause on record", `grep -q -e '--pids-limit' /run/service/late/supervise/unstarted && ! pgrep -f '^sleep 4242'`, verbLimit)
	errs := []error{broken("SUP-124", err), broken("SUP-124", c.WaitLog(ctx, "have to be free; allow more with --pids-limit", verbLimit))}
	// What the engine executes, and the end of a service, have room.
	errs = append(errs, expectSh(ctx, c, "SUP-124", `/command/s6-svstat /run/service/main-hermes; pkill -f '^python3 /tmp/fill.py'`))
	_, err = c.WaitSh(ctx, "the service", `[ "$(/command/s6-svstat -o up /run/service/late)" = true ] && ! test -e /run/service/late/supervise/unstarted`, bootLimit)
	return errors.Join(append(errs, broken("SUP-124", err))...)
}
