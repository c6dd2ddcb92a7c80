package supervise

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/procfs"
)

// leaver starts children in its session, in others, without environment, one that ignores TERM, and notes their pids.
const leaver = `#!/bin/sh
note() { echo $! >>"$1"; }
sleep 3600 & note left
setsid sleep 3600 & note left
env -i setsid sleep 3600 & note left
sh -c 'trap "" TERM; echo $$ >>deaf; while :; do sleep 0.1; done' &
setsid sleep 3600 & note kept
echo "$(tail -1 kept) $(cut -d" " -f22 /proc/$(tail -1 kept)/stat)" >leftovers-keep
echo $$ >>pids
exec sleep 3600
`

// living counts which of the pids in a file live.
func (r *rig) living(name string) (n int) {
	for word := range strings.FieldsSeq(r.read(name)) {
		pid, _ := strconv.Atoi(word)
		if stat, err := procfs.Read(procfs.Root, pid); err == nil && stat.Living() {
			n++
		}
	}
	return n
}

func (r *rig) lastPid() int {
	words := strings.Fields(r.read("pids"))
	if len(words) == 0 {
		return 0
	}
	pid, _ := strconv.Atoi(words[len(words)-1])
	return pid
}

func TestWhatRunLeftEndsBeforeTheNextStart(t *testing.T) {
	clause.Proves(t, "SUP-120")
	r := newRig(t, map[string]string{"run": leaver, "timeout-leftovers": "300"}).start()
	ready := func(runs int) func() bool {
		return func() bool {
			return len(strings.Fields(r.read("pids"))) == runs && len(strings.Fields(r.read("deaf"))) == runs
		}
	}
	r.poll("first run", ready(1))
	_ = syscall.Kill(r.lastPid(), syscall.SIGKILL)
	r.poll("second run", ready(2))
	if left, deaf, kept := r.living("left"), r.living("deaf"), r.living("kept"); left != 3 || deaf != 1 || kept != 2 {
		t.Errorf("after a crash %d of 6 children, %d of 2 deaf ones and %d of 2 kept ones live; log:\n%s", left, deaf, kept, r.said())
	}
	if !strings.Contains(r.said(), "it left sleep (pid ") {
		t.Errorf("nothing is said of it:\n%s", r.said())
	}
	r.service.Command("d")
	r.wait(DownReady)
	if n := r.living("left") + r.living("deaf") + r.living("kept"); n != 0 {
		t.Errorf("%d processes are left after the stop; log:\n%s", n, r.said())
	}
}

func TestAStopEndsWhatAnEarlierCrashLeft(t *testing.T) {
	clause.Proves(t, "SUP-120")
	r := newRig(t, map[string]string{"run": strings.Replace(leaver, "exec sleep 3600\n", "exit 1\n", 1), "timeout-leftovers": "300"}).start()
	r.poll("death in the pause before the next start", func() bool { return !r.service.Status().Up() && r.service.Status().Over() && r.living("kept") == 1 })
	r.service.Command("d")
	r.poll("end of what was kept", func() bool {
		status := r.service.Status()
		return r.living("kept") == 0 && status.Over() && !status.WantUp
	})
}

func TestAPlainServiceLeavesItsChildrenAlone(t *testing.T) {
	clause.Proves(t, "SUP-120")
	r := newRig(t, map[string]string{"run": leaver}).start()
	r.poll("first run", func() bool { return r.lastPid() != 0 && r.living("deaf") == 1 })
	r.service.Command("d")
	r.wait(DownReady)
	if n := r.living("left"); n != 3 {
		t.Errorf("%d of 3 children live", n)
	}
	for _, name := range []string{"left", "deaf", "kept"} {
		for word := range strings.FieldsSeq(r.read(name)) {
			pid, _ := strconv.Atoi(word)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

func TestWhatNoSignalEndsIsGivenUp(t *testing.T) {
	clause.Proves(t, "SUP-120")
	s := newStory(t)
	s.in.config.Leftovers = 2 * time.Second
	s.do(evTimer).dies(exit3)
	s.do(evLeft).said()
	if s.m.state != stSweep || s.m.status.Over() || s.m.status.Up() {
		t.Fatalf("state %s, status %+v", stateNames()[s.m.state], s.m.status)
	}
	for end := s.in.now.Add(30 * time.Second); s.m.state == stSweep; {
		if s.in.now.After(end) {
			t.Fatal("it never goes on")
		}
		s.next()
		if s.m.state == stSweep {
			s.do(evLeft)
		}
	}
	said := s.said()
	if !strings.HasPrefix(said, "sweep-TERM-keep ") || !strings.Contains(said, "sweep-KILL-keep") ||
		!strings.HasSuffix(said, "log(cannot end all that it left: going on) W 'D'") {
		t.Error(said)
	}
	if n := strings.Count(said, "sweep"); n > 60 {
		t.Errorf("%d looks", n)
	}
	if s.m.timer.IsZero() {
		t.Error("it does not start again")
	}
}

// The record of a supervisor that dies meanwhile has all that its successor needs.
func TestASuccessorGoesOnWithTheSweep(t *testing.T) {
	clause.Proves(t, "SUP-114", "SUP-120")
	m := inState(stSweep)
	c := clock{epoch(), time.Hour}
	r, err := decodeRecord(record{m: m}.encode(c), c)
	if err != nil || r.m.run != runPid || r.m.pending != "D" || !r.m.sweeping.Equal(m.sweeping) {
		t.Fatalf("%+v, %v", r.m, err)
	}
	_, effects := r.m.step(evFoundNone, input{now: epoch(), config: configIn(stSweep), jitter: 1})
	if got := words(effects); got != "'d' sweep-TERM-keep" {
		t.Error(got)
	}
}

func TestAListThatIsALinkKeepsNothing(t *testing.T) {
	clause.Proves(t, "SUP-120")
	r := newRig(t, nil)
	other := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(other, fmt.Appendf(nil, "%d 1\n", os.Getpid()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, filepath.Join(r.path, "leftovers-keep")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.path, "down"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r.start()
	if keep := (&runner{Service: r.service}).keepList(); len(keep) != 0 {
		t.Errorf("%v stay", keep)
	}
}
