//go:build docker

package attack

import (
	"strconv"
	"strings"
	"testing"
	"unicode"

	"caduceus/tests/docker/harness"
)

// control returns the first control character of a text that a terminal would obey, with what is around it.
func control(text string) string {
	for i, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return strconv.Quote(text[max(0, i-80):min(len(text), i+80)])
		}
	}
	return ""
}

// 839b3f6: the names of slots, as they are, are in lines of PID 1.
func TestNoTextOfHermesReachesTheLogUnescaped(t *testing.T) {
	b := attack(t, "SUP-117").start(harness.Spec{Files: admins()})
	b.try(`
		esc=$(printf '\033]0;owned\007\033[2J')
		make "$esc" "exit 1"; make "a
b" "exit 1"; make "$(printf 'r\rgateway-default')" "exit 1"; make "$(printf '\302\233mc1')" "exit 1"; make "$(printf 'x\376\377')" "exit 1"
		link /srv/job "l$esc"; link "/opt/data/$esc" "d$esc"; mkdir -p "/opt/data/$esc"; link "/opt/data/$esc" "e$esc"
		make file "exit 1"; rm /run/service/file/run; mkdir "/run/service/file/run"
		make numbers "exit 1"; for f in timeout-kill notification-fd restart-max max-death-tally down-signal timeout-finish lock-fd output-max; do printf '%s\n' "$esc" >/run/service/numbers/$f; done
		make finish "exit 1"; printf '#!/bin/sh\nexit 3\n' >/run/service/finish/finish; chmod 644 /run/service/finish/finish
		make interpreter "exit 1"; printf '#!/opt/data/%s\n' "$esc" >/run/service/interpreter/run
		scan; sleep 2; printf '\033\007\233' >/run/service/.s6-svscan/control; scan; sleep 1
		rm -rf /run/service/*"$esc"*; scan; sleep 1
		for d in /run/service/.s6-svscan; do printf '%s' "$esc" >$d/control; done; sleep 1
		kill -KILL $(` + supervisor + `); sleep 2; printf '%s' "$esc" >/run/service/.s6-svscan/control; sleep 1`)
	b.lives("15")
	b.stops("15")
	b.plainLogs("15")
}

// plainLogs returns the container's output, and wants no control letters in it.
func (b box) plainLogs(attack string) string {
	b.Helper()
	out, err := b.AllLogs(b.Ctx)
	b.Must(err)
	if seen := control(out); seen != "" {
		b.Errorf("attack %s: docker logs has %s", attack, seen)
	}
	return out
}

// floods are ways to make the init talk, each for some seconds. What kills comes last.
var floods = []struct{ name, script string }{
	{"letters that mean nothing", `exec head -c 200000000 /dev/zero >/run/service/.s6-svscan/control`},
	{"many letters that mean nothing", `exec yes "?!xyz" >/run/service/.s6-svscan/control`},
	{"letters of a service", `make s "exec sleep 1000"; scan; up s; exec yes "?!xyz" >/run/service/s/supervise/control`},
	{"requests to look", `exec yes ahnNz >/run/service/.s6-svscan/control`},
	{"services that cannot be supervised", `i=0; while :; do i=$((i+1)); link /srv/job "n$i"; mkdir -p /run/service/m$i/supervise/control; scan; done`},
	{"names that come and go", `i=0; while :; do i=$((i+1)); mkdir -p "/run/service/$(printf 'x%.0s' $(seq 250))$((i % 500))"; printf an >/run/service/.s6-svscan/control; done`},
	{"a supervisor that dies", `while :; do pkill -KILL -u hermes -f '^s6-svscan-user '; done`},
}

// 839b3f6: letters that mean nothing are 5 MB in 4 s beside a log driver that hardly keeps up; requests to look and
// services that cannot be supervised are 1 MB and more.
func TestHermesCannotFloodTheLogByTheInit(t *testing.T) {
	const most = 300_000 // bytes
	b := attack(t, "SUP-117").start(harness.Spec{Files: admins()})
	size := func() int {
		out, err := b.AllLogs(b.Ctx)
		b.Must(err)
		return len(out)
	}
	before := size()
	for _, flood := range floods {
		script := slots + flood.script
		b.try("timeout -s KILL 2 sh -c '" + strings.ReplaceAll(script, "'", `'\''`) + "' >/dev/null 2>&1")
		b.lives("16")
		now := size()
		if now-before > most {
			t.Errorf("attack 16, %s: %d bytes in docker logs, want at most %d", flood.name, now-before, most)
		}
		before = now
	}
	b.stops("16")
	if more := size() - before; more > most {
		t.Errorf("attack 16: %d bytes at the stop, want at most %d", more, most)
	}
}
