package supervise

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/s6"
)

func TestDeathForWantOfMemoryIsNamed(t *testing.T) {
	clause.Proves(t, "FAULT-13", "SUP-33")
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
