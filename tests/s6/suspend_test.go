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

// Scanner and service are stopped for longer than the pause before a restart, as in a frozen container or
// on a sleeping machine. What wakes up is the same run; what was asked meanwhile is done, what died
// meanwhile is back.
func TestServicesOutliveASuspend(t *testing.T) {
	clause.Proves(t, "FAULT-15", "SUP-92")
	d := startOurs(t, map[string]string{"run": sleeper})
	d.service("bar", map[string]string{"run": sleeper})
	d.run("s6-svscanctl", "-a", ".")
	d.untilStat("foo", "up")
	d.supervised("bar")
	d.untilStat("bar", "up")
	events := d.subscribe("foo")
	foo, bar := d.pid("foo"), d.pid("bar")
	number, err := strconv.Atoi(foo)
	if err != nil {
		t.Fatal(err)
	}
	scanner := d.cmd.Process.Pid
	signalBoth := func(sig syscall.Signal) {
		t.Helper()
		if err := errors.Join(unix.Kill(scanner, sig), unix.Kill(number, sig)); err != nil {
			t.Fatal(err)
		}
	}
	signalBoth(unix.SIGSTOP)
	d.kill("bar")
	d.run("s6-svc", "-a", "bar") // its run is dead: nobody gets the signal
	<-time.After(1500 * time.Millisecond)
	signalBoth(unix.SIGCONT)
	d.newPid("bar", bar)
	d.run("s6-svc", "-wD", "-d", "foo")
	events.until("dD") // nothing before
	d.run("s6-svc", "-wu", "-u", "foo")
	d.untilStat("bar", "up")
	if said := d.text[len(d.text)-3]; said != "events dD" {
		t.Errorf("want events dD after the suspend, got %s", said)
	}
}
