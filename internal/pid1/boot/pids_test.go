package boot_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/s6"
)

// limitPids bounds the tasks of the container, by a cgroup where one can be made, else by the resource
// limit of a user that nobody else is.
func (b *container) limitPids(most int) {
	b.t.Helper()
	for _, parent := range []string{"/sys/fs/cgroup/pids", "/sys/fs/cgroup"} {
		group := filepath.Join(parent, fmt.Sprintf("caduceus-test-%d-%d", os.Getpid(), most))
		if os.Mkdir(group, 0o755) != nil {
			continue
		}
		b.t.Cleanup(func() { _ = os.Remove(group) }) // empty by now: the container has ended
		limit := os.WriteFile(filepath.Join(group, "pids.max"), fmt.Append(nil, most), 0)
		if limit == nil {
			b.entry.Cgroup = group
			return
		}
	}
	b.t.Logf("no cgroup can be made here: RLIMIT_NPROC bounds the tasks")
	b.entry.UID, b.entry.Tasks = 100000+os.Getpid(), uint64(most)
}

// bomb forks wherever it can, ignores TERM, and prints once that no slot was free.
const bomb = `$SIG{TERM} = "IGNORE"; $| = 1; while (1) {
	next if defined fork;
	print "full\n" unless $said++;
	select undef, undef, undef, 0.05;
}`

func TestForkBombUnderAPidsLimit(t *testing.T) {
	clause.Proves(t, "FAULT-14", "SUP-101", "SUP-28")
	t.Parallel()
	b := newContainer(t).together()
	b.limitPids(48)
	b.setenv("S6_VERBOSITY=3", "S6_KILL_GRACETIME=300")
	b.longrun("svc", "echo service; exec sleep 1000")
	crowd := []string{"s1", "s2", "s3", "s4", "s5", "s6"}
	for _, name := range crowd {
		b.longrun(name, "exec sleep 1000")
	}
	p := b.start(nil, "perl", "-e", bomb)
	p.prints("service\n")
	p.prints("full\n")

	slot := p.inside("/run/s6-rc/servicedirs/svc") // what /run/service/svc leads to
	status := func() s6.Status {
		t.Helper()
		st, err := s6.ReadStatus(slot)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	command := func(letters string) {
		t.Helper()
		b.must(s6.SendControl(slot, letters))
	}
	failures := func() int { return strings.Count(p.stderr.String(), "svc: cannot start run: ") }

	// The place of a service that dies is the bomb's at once: START fails, and DOWN stays.
	command("k")
	p.until("a failed start", func() bool { return failures() == 1 })
	for _, words := range []string{"resource temporarily unavailable", "next try in 1s"} {
		if !strings.Contains(p.stderr.String(), words) {
			t.Errorf("stderr lacks %q:\n%s", words, p.stderr.String())
		}
	}
	if st := status(); st.Pid != 0 || !st.WantUp || st.Wait != syscall.WaitStatus(syscall.SIGKILL) {
		t.Errorf("status %+v", st)
	}
	p.until("the cause, and a pause that grows", func() bool {
		f, failing, err := s6.ReadStartFailure(slot)
		return err == nil && failing && f.Tries > 1 && f.Delay == 2*time.Second && strings.Contains(f.Cause, "resource temporarily unavailable")
	})
	// The init obeys and writes without a slot, too; u tries at once.
	command("d")
	p.until("want down", func() bool { return !status().WantUp })
	before := failures()
	command("u")
	p.until("another failure", func() bool { return failures() > before })
	if st := status(); st.Pid != 0 || !st.WantUp {
		t.Errorf("status %+v", st)
	}
	// Many supervisors that reap, spawn, write and log at once want no new thread.
	for range 20 {
		b.must(s6.SendScanControl(p.inside("/run/service"), "az"))
		b.must(s6.SendControl(slot, "OU"))
		for _, name := range crowd {
			b.must(s6.SendControl(p.inside("/run/s6-rc/servicedirs/"+name), "kU"))
		}
	}
	command("d")
	p.until("want down again", func() bool { return !status().WantUp })
	p.stop()
	p.expect(137) // CMD had to be killed
	if want := "init: debug: stop: cmd: limit of 300ms reached\n"; !strings.Contains(p.stderr.String(), want) {
		t.Errorf("stderr lacks %q:\n%s", want, p.stderr.String())
	}
}
