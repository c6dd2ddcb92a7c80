package boot_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/s6"
)

// The service is restarted all the same, its status needs no room and stays true, each cause is logged once, and the next
// write with room makes it good.
func TestAFullRunKeepsTheStateAndTheServices(t *testing.T) {
	clause.Proves(t, "FAULT-12", "SUP-14")
	t.Parallel()
	b := newContainer(t).together()
	b.entry.RunMode = "1777,size=512k"
	b.longrun("svc", "echo service; exec sleep 1000", "timeout-kill=60000")
	p := b.start(nil, "sh", "-c", `dd if=/dev/zero of=/run/fill bs=4k 2>/dev/null; echo full
		until [ -e /tmp/go ]; do sleep 0.05; done; rm /run/fill; echo free; exec sleep 1000`)
	p.prints("full\n")
	p.prints("service\n")
	slot := p.inside("/run/s6-rc/servicedirs/svc")
	status := func() s6.Status {
		t.Helper()
		st, err := s6.ReadStatus(slot)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	first := status().Pid
	for runs := 2; runs <= 4; runs++ {
		b.must(s6.SendControl(slot, "k"))
		p.until("the next run", func() bool { return strings.Count(p.stdout.String(), "service\n") == runs })
	}
	p.until("the status of another run", func() bool { return status().Up() && status().Pid != first })
	for _, file := range []string{"death_tally", "ends"} {
		if n := strings.Count(p.stderr.String(), `/supervise/`+file+`": no space left on device`); n != 1 {
			t.Errorf("%d lines about %s, want one:\n%s", n, file, p.stderr.String())
		}
	}
	b.must(os.WriteFile(p.inside("/tmp/go"), nil, 0o644))
	p.prints("free\n")
	b.must(s6.SendControl(slot, "d"))
	p.until("a new status", func() bool { return status().Pid == 0 })
	if after := status(); after.WantUp || after.Wait != syscall.WaitStatus(syscall.SIGTERM) {
		t.Errorf("status %+v", after)
	}
	p.stop()
	p.expect(0)
}
