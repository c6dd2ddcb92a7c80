package checks

import (
	"context"
	"strings"

	"caduceus/tests/docker/harness"
)

// supervisionChecks drive slots with the tools in /command, as hermes.
// contract: IMG-05 REC-01 REC-02 REC-03 SLOT-01 SLOT-02 SLOT-03 SLOT-12 SLOT-14 SLOT-15
// contract: SVC-01 SVC-02 SVC-03 SVC-04 SVC-06 SVC-07 SVC-08 SVC-09 SVC-10 IMG-08 AGT-05
func supervisionChecks() []Check {
	return append(append(facts(idle(), slotFacts()), scripts(idle(), supervisionScripts())...),
		Check{
			Name: "a service directory put into the scandir is started, controlled and forgotten", Clauses: []string{"SLOT-03", "SLOT-12", "SLOT-14", "SVC-02", "SVC-03", "SVC-06", "SVC-07", "SVC-08"},
			Doc: "puts a service directory into the scandir and walks it through its life", Run: slotLife,
		})
}

func supervisionScripts() []scripted {
	const svstat = "/command/s6-svstat "
	return []scripted{
		{
			clause: "SLOT-01", name: "a slot that must not start holds type, run, finish, log and down",
			script: `cd /run/service/gateway-default && cat type && test -x run && test -x finish && test -x log/run && test -e down`, want: "longrun",
		},
		{
			clause: "SLOT-02", name: "hermes can control a slot and its logger",
			script: `cd /run/service/gateway-default && stat -c '%U %a %F' event supervise supervise/event supervise/control log/event log/supervise/control`,
			want:   "hermes 3730 directory\nhermes 755 directory\nhermes 3730 directory\nhermes 660 fifo\nhermes 3730 directory\nhermes 660 fifo",
		},
		{
			clause: "REC-01", name: "hermes can look at the static services",
			script: `cd /run/s6-rc/servicedirs && stat -Lc '%U %a' main-hermes/supervise main-hermes/event dashboard/supervise dashboard/event; stat -c %a dashboard/supervise/control`,
			want:   "hermes 710\nhermes 3730\nhermes 710\nhermes 3730\n660",
		},
		{
			clause: "REC-02", name: "the scandir belongs to hermes",
			script: `stat -c %U /run/service /run/service/.s6-svscan/control /run/service/.s6-svscan/lock`, want: "hermes\nhermes\nhermes",
		},
		{clause: "SVC-02", name: "s6-svstat of a slot that is down prints one line", script: svstat + `/run/service/gateway-default`, match: `^down \(not started yet\)( \d+ seconds)?\n$`},
		{
			clause: "SVC-04", name: "s6-svstat knows every field",
			script: svstat + `-o up,wantedup,normallyup,ready,paused,pid,pgid,exitcode,signal,signum,updownsince,readysince,updownfor,readyfor /run/service/main-hermes`,
			match:  `^true true (true|false) (true|false) false \d+ \d+ `,
		},
		{clause: "SVC-01", name: "s6-svstat of a directory without supervisor exits 1", script: svstat + `/tmp`, code: 1},
		{clause: "SVC-01", name: "s6-svstat without a directory exits 100", script: svstat, code: 100},
		{clause: "SVC-06", name: "s6-svc of a directory without supervisor exits 100", script: `/command/s6-svc -u /tmp`, code: 100},
		{clause: "SVC-08", name: "s6-svscanctl without a scanner exits 100", script: `/command/s6-svscanctl -a /tmp`, code: 100},
		{
			clause: "SVC-09", name: "s6-setuidgid drops to hermes", user: "0",
			script: `/command/s6-setuidgid hermes id -u; /command/s6-setuidgid 12:34 id -g`, want: "10000\n34",
		},
		{clause: "SVC-09", name: "s6-setuidgid refuses an unknown user with 1", user: "0", script: `/command/s6-setuidgid nobody-knows true`, code: 1},
		{clause: "SVC-09", name: "s6-setuidgid reports a missing program with 127", user: "0", script: `/command/s6-setuidgid hermes /no/such`, code: 127},
		{
			clause: "SVC-10", name: "s6-log writes an ISO 8601 timestamp before each line",
			script: `d=$(mktemp -d) && echo line | /command/s6-log 1 n10 s1000000 T $d; cat $d/current; rm -rf $d`, match: `\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+  line\n`,
		},
		{clause: "SVC-10", name: "s6-sleep sleeps and execlineb runs a line", script: `/command/s6-sleep 0 && /command/execlineb -Pc 'echo from-execline'`, want: "from-execline"},
		{
			clause: "AGT-05", name: "the agent lists the slots it finds",
			script: `cd /opt/hermes && python3 -c 'from hermes_cli.service_manager import S6ServiceManager as M; print(M().list_profile_gateways())'`, match: `'default'`,
		},
	}
}

func slotLife(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	const dir = "/run/service/probe"
	must := func(clause, script string) error {
		res, err := c.Sh(ctx, script)
		if err == nil && res.Code != 0 {
			err = violates(clause, "%s: %s", script, res)
		}
		return err
	}
	steps := []struct{ clause, script string }{
		{"SLOT-03", `mkdir ` + dir + ` && printf '#!/bin/sh\nexec sleep 98765\n' >` + dir + `/run &&
printf '#!/bin/sh\necho "$*" >/tmp/finish\n' >` + dir + `/finish && chmod +x ` + dir + `/run ` + dir + `/finish`},
		{"SVC-08", `/command/s6-svscanctl -a /run/service`},
		{"SVC-06", `/command/s6-svc -wU -T 5000 -u ` + dir + ` || /command/s6-svc -wu -T 5000 -u ` + dir},
		{"SVC-02", `/command/s6-svstat ` + dir + ` | grep -Ex 'up \(pid [0-9]+\) [0-9]+ seconds(, ready [0-9]+ seconds)?'`},
		{"SVC-06", `old=$(/command/s6-svstat -o pid ` + dir + `) && [ "$old" -gt 1 ] && kill -9 $old && for i in $(seq 150); do sleep 0.1; new=$(/command/s6-svstat -o pid ` + dir + `); [ $new -gt 0 ] && [ $new != $old ] && exit 0; done; exit 1`},
		{"SLOT-12", `grep -Ex '256 9 probe [0-9]+' /tmp/finish`},
		{"SVC-07", `/command/s6-svc -d ` + dir + ` && /command/s6-svwait -D -t 10000 ` + dir},
		{"SVC-03", `/command/s6-svstat ` + dir + ` | grep -E '^down \(signal SIGTERM\) [0-9]+ seconds, normally up'`},
		{"SLOT-14", `rm -rf ` + dir + ` && /command/s6-svscanctl -an /run/service && for i in $(seq 150); do pgrep -fx 'sleep 98765' >/dev/null || exit 0; sleep 0.1; done; exit 1`},
	}
	for _, step := range steps {
		if err := must(step.clause, step.script); err != nil {
			return err
		}
	}
	res, err := c.Sh(ctx, `/command/s6-svstat `+dir)
	if err == nil && (res.Code == 0 || strings.HasPrefix(res.Stdout, "up")) {
		err = violates("SLOT-14", "the slot is still there: %s", res)
	}
	return err
}
