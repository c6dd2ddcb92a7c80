//go:build docker

package attack

import (
	"testing"

	"caduceus/tests/docker/harness"
)

// stubborn is what a service may ask for to stretch a stop, or do.
var stubborn = map[string]string{
	"a timeout-kill of 24 days": `
		make s "trap '' TERM HUP INT; while :; do sleep 1; done"; printf 2147483647 >/run/service/s/timeout-kill; scan; up s`,
	"a finish that hangs, without a limit": `
		make s "trap '' TERM; while :; do sleep 1; done"; printf '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 1; done\n' >/run/service/s/finish
		chmod 755 /run/service/s/finish; printf 0 >/run/service/s/timeout-finish; printf 2147483647 >/run/service/s/timeout-kill; scan; up s`,
	"a signal for the stop that stops nothing": `
		make s "exec sleep 1000"; printf SIGSTOP >/run/service/s/down-signal; make u "exec sleep 1000"; printf WINCH >/run/service/u/down-signal
		printf 2147483647 >/run/service/s/timeout-kill; printf 2147483647 >/run/service/u/timeout-kill; scan; up s; up u`,
	"a logger that reads for ever": `
		make s "while :; do echo x; sleep 0.01; done"; mkdir /run/service/s/log
		printf '#!/bin/sh\ntrap "" TERM HUP\nwhile :; do sleep 1; done\n' >/run/service/s/log/run; chmod 755 /run/service/s/log/run; scan; up s`,
	"orphans that ignore all": `
		for i in $(seq 50); do setsid sh -c 'trap "" TERM HUP INT QUIT; while :; do sleep 1; done' >/dev/null 2>&1 & done`,
	"orphans that fork": `
		setsid perl -e '$SIG{TERM} = $SIG{HUP} = "IGNORE"; while (1) { my $p = fork; if (defined $p && $p) { exit } select undef, undef, undef, 0.001 }' >/dev/null 2>&1 &`,
	"400 slots that ignore the stop": `
		printf '#!/bin/sh\ntrap "" TERM HUP\nread x </run/service/never\n' >/tmp/run; mkfifo /run/service/never; chmod 755 /tmp/run
		for i in $(seq 400); do mkdir /run/service/s$i; cp /tmp/run /run/service/s$i/run; printf 2147483647 >/run/service/s$i/timeout-kill; done; scan; sleep 6`,
	"services that come during the stop": `
		setsid sh -c 'trap "" TERM HUP; i=0; while :; do i=$((i+1)); mkdir /run/service/.n; printf "#!/bin/sh\ntrap \"\" TERM\nexec sleep 1000\n" >/run/service/.n/run; chmod 755 /run/service/.n/run; mv /run/service/.n /run/service/n$i; printf a >/run/service/.s6-svscan/control; done' >/dev/null 2>&1 & sleep 1`,
}

// 839b3f6: with the timeout-kill docker stop ends in 137 after 10 s, always; so it does with finish and the signal.
func TestNothingOfHermesStretchesTheStop(t *testing.T) {
	t.Parallel()
	for name, script := range stubborn {
		t.Run(name, func(t *testing.T) {
			b := attack(t, "BOOT-18", "SUP-80").start(harness.Spec{})
			if res := b.try(script); res.Code != 0 {
				t.Fatal(res)
			}
			t.Log(b.stops("13, " + name).Took)
		})
	}
}
