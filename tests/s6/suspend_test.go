package s6

import (
	"errors"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// TestSuspend stops the scanner and its service for longer than the pause before a restart, as a
// frozen container or a sleeping machine does. What wakes up is the same run; what was asked
// meanwhile is done, what died meanwhile is back.
func TestSuspend(t *testing.T) {
	clause.Proves(t, "FAULT-15", "SUP-92")
	w := ourWorld(t, map[string]string{"run": sleeper})
	w.service("bar", map[string]string{"run": sleeper})
	w.run("s6-svscanctl", "-a", ".")
	w.untilStat("foo", "up")
	w.supervised("bar")
	w.untilStat("bar", "up")
	events := w.subscribe("foo")
	foo, bar := w.pid("foo"), w.pid("bar")
	number, err := strconv.Atoi(foo)
	if err != nil {
		t.Fatal(err)
	}
	scanner := w.cmd.Process.Pid
	all := func(sig syscall.Signal) {
		t.Helper()
		if err := errors.Join(unix.Kill(scanner, sig), unix.Kill(number, sig)); err != nil {
			t.Fatal(err)
		}
	}
	all(unix.SIGSTOP)
	w.kill("bar")
	w.run("s6-svc", "-a", "bar") // its run is dead: this is for nobody
	<-time.After(1500 * time.Millisecond)
	all(unix.SIGCONT)
	w.newPid("bar", bar)
	w.run("s6-svc", "-wD", "-d", "foo")
	events.until("dD") // nothing before
	w.run("s6-svc", "-wu", "-u", "foo")
	w.untilStat("bar", "up")
	if said := w.text[len(w.text)-3]; said != "events dD" {
		t.Errorf("%s after the suspend, want dD", said)
	}
}
