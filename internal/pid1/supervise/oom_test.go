package supervise

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/s6"
)

func TestDeathForWantOfMemoryIsNamed(t *testing.T) {
	clause.Proves(t, "FAULT-13", "SUP-33", "SUP-121")
	const line = "foo: killed for want of memory (OOM)"
	r := newRig(t, map[string]string{"run": "#!/bin/sh\nuntil test -e go; do sleep 0.01; done\nrm go\nkill -9 $$\n"}).start()
	deaths := func(n int) {
		t.Helper()
		r.poll("another death", func() bool { return len(r.read("supervise/death_tally")) == n*s6.TallyEntrySize })
	}
	last := 0
	up := func() {
		t.Helper()
		r.poll("another run", func() bool {
			st := r.service.Status()
			return st.Up() && st.Pid != last
		})
		last = r.service.Status().Pid
	}
	up()
	if err := os.WriteFile(filepath.Join(r.path, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	deaths(1)
	if strings.Contains(r.said(), line) {
		t.Error("a KILL from elsewhere was taken for OOM")
	}
	up()
	r.oom.Add(1)
	r.service.Command("k")
	deaths(2)
	if strings.Contains(r.said(), line) {
		t.Error("a KILL by letter was taken for OOM")
	}
	up()
	r.oom.Add(1)
	if err := os.WriteFile(filepath.Join(r.path, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	deaths(3)
	if strings.Count(r.said(), line) != 1 {
		t.Errorf("log:\n%s", r.said())
	}
	up()
	r.service.Command("dx")
	r.wait(Gone)
	ends, err := s6.ReadEnds(r.path)
	var causes []s6.Cause
	for _, e := range ends {
		causes = append(causes, e.Cause)
	}
	if diff := cmp.Diff([]s6.Cause{s6.Unasked, s6.Asked, s6.OutOfMemory, s6.Asked}, causes); diff != "" || err != nil {
		t.Errorf("ends %v, %v:\n%s", ends, err, diff)
	}
}

// What ended a run, as far as the supervisor can know.
func TestCauseOfAnEnd(t *testing.T) {
	clause.Proves(t, "SUP-121")
	for name, c := range map[string]struct {
		want, killed bool
		asked        string
		oom          uint64
		wait         syscall.WaitStatus
		cause        s6.Cause
	}{
		"it ends":                                 {want: true, wait: exit3, cause: s6.Unasked},
		"somebody else kills it":                  {want: true, wait: 9, cause: s6.Unasked},
		"the kernel kills it":                     {want: true, oom: 1, wait: 9, cause: s6.OutOfMemory},
		"the kernel kills a child of it":          {want: true, oom: 1, wait: exit3, cause: s6.MemoryShort},
		"stopped":                                 {wait: 15, cause: s6.Asked},
		"restarted":                               {want: true, asked: "t", wait: 15, cause: s6.Asked},
		"killed by letter":                        {want: true, asked: "k", killed: true, wait: 9, cause: s6.Asked},
		"killed after its time":                   {killed: true, wait: 9, cause: s6.Killed},
		"killed after its time, short of memory":  {killed: true, oom: 1, wait: 9, cause: s6.Killed},
		"a signal that asks for no end, then end": {want: true, asked: "1h", wait: exit3, cause: s6.Unasked},
	} {
		r := runner{Service: &Service{opt: Options{OOMKills: func() uint64 { return c.oom }}}, killed: c.killed}
		r.m.asked, r.m.status.WantUp = c.asked, c.want
		if got := r.causeOf(c.wait); got != c.cause {
			t.Errorf("%s: %s, want %s", name, got, c.cause)
		}
	}
}

func TestParseOOMKills(t *testing.T) {
	for text, want := range map[string]uint64{
		"low 0\nhigh 0\nmax 3\noom 2\noom_kill 2\noom_group_kill 0\n": 2,
		"oom_kill_disable 0\nunder_oom 0\noom_kill 7\n":               7,
		"oom_kill x\n": 0,
		"":             0,
	} {
		if got := parseOOMKills([]byte(text)); got != want {
			t.Errorf("parseOOMKills(%q) = %d, want %d", text, got, want)
		}
	}
}
