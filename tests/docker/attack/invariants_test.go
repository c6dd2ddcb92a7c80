//go:build docker

package attack

import (
	"context"
	"strings"
	"time"

	"caduceus/tests/docker/harness"
)

// slots are functions of the shell with which hermes makes services: make NAME RUN, link TARGET NAME, scan, and up NAME,
// which waits for one, but not for long: where hermes cannot see whether it is up, it is by then.
const slots = `
make() {
	rm -rf /run/service/.new; mkdir -p /run/service/.new
	printf '#!/bin/sh\n%s\n' "$2" >/run/service/.new/run; chmod 755 /run/service/.new/run
	mv -T /run/service/.new "/run/service/$1"
}
link() { ln -sfn "$1" "/run/service/$2"; }
scan() { printf ah >/run/service/.s6-svscan/control; }
up() { i=0; until [ "$(/command/s6-svstat -o up "/run/service/$1" 2>/dev/null)" = true ]; do i=$((i+1)); [ $i -lt 40 ] || break; sleep 0.05; done; }
`

// supervisor prints the pid of the user's supervisor.
const supervisor = `pgrep -o -u hermes -f '^s6-svscan-user '`

// bystanders prints what is no business of hermes: kind, owner, group, mode and path of all that is not its own.
const bystanders = `find /etc /usr/local /opt /var/lib /root /srv /command /init /run -xdev -maxdepth 4 ` +
	`\( -path /opt/data -o -path /run/service -o -path '/run/s6*' -o -path /run/.s6-stale -o -path '/opt/hermes/.venv' \) -prune -o -printf '%y %U %G %m %p %l\n' | sort`

// run runs a script as a user, which has to end with 0, and returns what it printed.
func (b box) run(user, script string) string {
	b.Helper()
	res := b.as(user, script)
	if res.Code != 0 {
		b.Fatalf("%s as %s: %s", script, user, res)
	}
	return res.Output()
}

// try runs a script as hermes; whether it ends well does not matter.
func (b box) try(script string) harness.Result {
	b.Helper()
	return b.as(hermes, slots+script)
}

// lives fails unless PID 1 is root's /init and answers within a moment.
func (b box) lives(attack string) {
	b.Helper()
	ctx := b.Ctx
	running, err := b.Running(ctx)
	b.Must(err)
	if !running {
		out, _ := b.AllLogs(ctx)
		b.Fatalf("attack %s: PID 1 has ended:\n%s", attack, tail(out))
	}
	const look = `echo $(stat -c %u /proc/1) $(cat /proc/1/comm) $(tr '\0' ' ' </proc/1/cmdline | cut -d' ' -f1)`
	got := ""
	b.Must(harness.Poll(ctx, "a look at PID 1", waitLimit, func(context.Context) (string, bool, error) {
		res := b.as(root, look) // the look itself may be hit while memory or processes are short
		got = res.Output()
		return res.String(), res.Code == 0, nil
	}))
	if want := "0 s6-svscan /init"; got != want {
		b.Fatalf("attack %s: PID 1 is %q, want %q", attack, got, want)
	}
}

// stops fails unless docker stop ends the container in order, within the engine's grace.
func (b box) stops(attack string) harness.Stopped {
	b.Helper()
	stopped, err := b.Stop(b.Ctx)
	b.Must(err)
	if stopped.Killed || stopped.Code != 0 || stopped.Took > 10*time.Second {
		out, _ := b.AllLogs(b.Ctx)
		b.Errorf("attack %s: docker stop ended with code %d after %v, killed: %t; want 0 in order\n%s", attack, stopped.Code, stopped.Took, stopped.Killed, tail(out))
	}
	return stopped
}

// boots starts the container again and fails unless it comes as far as its main program.
func (b box) boots(attack string) {
	b.Helper()
	b.Must(b.Restart(b.Ctx))
	if _, err := b.WaitProcess(b.Ctx, `^sleep infinity$`, 0, bootLimit); err != nil {
		b.Fatalf("attack %s: the container does not start again: %v", attack, err)
	}
	b.lives(attack)
}

// unchanged fails where something that is not hermes' has changed since before was printed by bystanders.
func (b box) unchanged(attack, before string) {
	b.Helper()
	old := map[string]bool{}
	for line := range strings.Lines(before) {
		old[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(b.run(root, bystanders)) {
		if line = strings.TrimSpace(line); !old[line] {
			b.Errorf("attack %s: this is new or has changed: %s", attack, line)
		}
	}
}

// notRoots fails where something that hermes made has got root's user or group, or gives rights by its mode.
func (b box) notRoots(attack string, dirs string) {
	b.Helper()
	found := b.run(root, `find `+dirs+` -xdev -user hermes \( -gid 0 -o -perm /6000 \) ! -type d -printf '%U %G %m %p\n'`)
	if found != "" {
		b.Errorf("attack %s: hermes got\n%s", attack, found)
	}
}

// tail is the end of a long text.
func tail(text string) string {
	const most = 3000
	if len(text) > most {
		return "… " + text[len(text)-most:]
	}
	return text
}
