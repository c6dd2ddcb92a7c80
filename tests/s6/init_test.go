package s6

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"caduceus/internal/clause"
	s6p "caduceus/internal/s6"
)

// The tests below are about what the real scanner of this machine does not do,
// or not as the specification wants it.

func ourWorld(t *testing.T, files map[string]string) *world {
	t.Helper()
	t.Parallel()
	w := newWorld(t, true)
	w.service("foo", files)
	w.start()
	return w
}

func (w *world) remove(name string) {
	w.Helper()
	if err := os.RemoveAll(filepath.Join(w.dir, name)); err != nil {
		w.Fatal(err)
	}
}

func (w *world) kill(name string) string {
	w.Helper()
	pid := w.pid(name)
	n, err := strconv.Atoi(pid)
	if err != nil || n <= 1 {
		w.Fatalf("%s has no pid: %q", name, pid)
	}
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		w.Fatal(err)
	}
	return pid
}

// newPid waits until run has another pid than old.
func (w *world) newPid(name, old string) {
	w.Helper()
	w.poll(name+" has a new pid", func() bool {
		pid := w.pid(name)
		return pid != old && pid != "-1"
	})
}

// contract: SLOT-11, SLOT-12, SLOT-13; spec: SUP-24
func TestFinishKnowsTheGroup(t *testing.T) {
	clause.Proves(t, "SLOT-11", "SLOT-12", "SLOT-13", "SUP-24")
	w := ourWorld(t, map[string]string{
		"run":    sleeper,
		"finish": "#!/bin/sh\necho \"$# $3 $4 $" + s6p.EnvSignalled + "\" >>../args\n",
	})
	w.untilStat("foo", "up")
	first := w.kill("foo")
	w.newPid("foo", first)
	second := w.pid("foo")
	w.run("s6-svc", "-h", "foo")
	w.poll("died of HUP", func() bool { return strings.Count(w.file("args"), "\n") == 2 })
	w.newPid("foo", second)
	third := w.pid("foo")
	w.run("s6-svc", "-wD", "-d", "foo")
	want := fmt.Sprintf("4 foo %s 0\n4 foo %s 1\n4 foo %s 0\n", first, second, third)
	if got := w.file("args"); got != want {
		t.Errorf("finish got\n%s, want\n%s", got, want)
	}
}

func TestKilledServiceIsBackWithANewPid(t *testing.T) {
	clause.Proves(t, "SLOT-05")
	w := ourWorld(t, map[string]string{"run": sleeper})
	w.untilStat("foo", "up")
	for range 3 {
		w.newPid("foo", w.kill("foo"))
	}
}

func TestNoLineIsLostWhenEitherSideIsKilled(t *testing.T) {
	clause.Proves(t, "FAULT-09", "LOG-06", "SUP-54")
	const lines = 400
	w := ourWorld(t, map[string]string{
		// Counts a line once it is written; a second run goes on from there.
		"run": "#!/bin/bash\nwhile read -r l; do n=$l; done <../n\nwhile test $n -lt " + strconv.Itoa(lines) +
			"; do n=$((n+1)); echo line $n; echo $n >>../n; done\nexec sleep 3600\n",
		// What a logger has read and not yet written dies with it, so it is down
		// while the lines are in the pipe.
		"log/run": "#!/bin/bash\nwhile read -r l; do echo \"$l\"; done >>../../log.out\n",
		"../n":    "0\n",
		"down":    "",
	})
	w.untilStat("foo/log", "up")
	w.run("s6-svc", "-wd", "-d", "foo/log")
	w.run("s6-svc", "-u", "foo")
	w.poll("all lines are written", func() bool { return strings.HasSuffix(w.file("n"), fmt.Sprintf("\n%d\n", lines)) })
	w.newPid("foo", w.kill("foo"))
	w.run("s6-svc", "-wu", "-u", "foo/log")
	last := "line " + strconv.Itoa(lines) + "\n"
	w.poll("the last line is logged", func() bool { return strings.Contains(w.file("log.out"), last) })
	logged := w.file("log.out")
	for n := 1; n <= lines; n++ {
		if !strings.Contains(logged, fmt.Sprintf("line %d\n", n)) {
			t.Fatalf("line %d is lost", n)
		}
	}
}

func TestTenThousandRestartsLeaveNothingBehind(t *testing.T) {
	clause.Proves(t, "FAULT-21")
	w := ourWorld(t, map[string]string{
		"finish":          "#!/bin/sh\nexit 0\n",
		"notification-fd": "3",
		"down":            "",
	})
	program, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeProgram(filepath.Join(w.dir, "foo", "run"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	type use struct{ descriptors, threads, residentKB int }
	measure := func() use {
		t.Helper()
		list := func(what string) int {
			names, err := os.ReadDir(fmt.Sprintf("/proc/%d/%s", w.cmd.Process.Pid, what))
			if err != nil {
				t.Fatal(err)
			}
			return len(names)
		}
		return use{list("fd"), list("task"), w.residentKB()}
	}
	w.supervised("foo")
	events := w.subscribe("foo")
	restart := func(times int) {
		t.Helper()
		for range times {
			if err := s6p.SendControl(filepath.Join(w.dir, "foo"), "o"); err != nil {
				t.Fatal(err)
			}
			events.await("D")
		}
	}
	restart(1000)
	w.remove("foo/finish") // a shell for each would take most of the time
	before := measure()
	restart(10_000)
	var seen string
	defer func() { t.Log(seen) }()
	// The last restart may still be on its way out: what leaks stays, however long one looks.
	w.poll("an init as before the restarts", func() bool {
		after := measure()
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", w.cmd.Process.Pid, w.cmd.Process.Pid))
		left := err == nil && len(strings.Fields(string(children))) > 0
		grown := after.descriptors > before.descriptors || after.threads > before.threads+2 || after.residentKB > before.residentKB+2048
		seen = fmt.Sprintf("before %+v, after %+v, children %q", before, after, children)
		return !left && !grown
	})
}

// residentKB is what the scanner has in memory.
func (w *world) residentKB() int {
	w.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil {
		w.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func TestOutputPrefix(t *testing.T) {
	clause.Proves(t, "DASH-06")
	w := ourWorld(t, map[string]string{
		"run":           "#!/bin/sh\necho to stdout\necho to stderr >&2\nprintf unfinished\necho >>../printed\nexec sleep 3600\n",
		"output-prefix": "[dash] \n",
	})
	w.file("printed")
	w.newPid("foo", w.kill("foo"))
	w.poll("second run has printed", func() bool { return len(w.file("printed")) == 2 })
	w.run("s6-svc", "-wD", "-d", "foo")
	w.stop()
	for got, want := range map[string]string{
		w.out.String(): "[dash] to stdout\n[dash] unfinished\n",
		w.log.String(): "[dash] to stderr\n",
	} {
		if got != want+want {
			t.Errorf("output is\n%s, want twice\n%s", got, want)
		}
	}
}

// TestFloodIsCut: a service that floods fills no disk, runs on, and is told of.
func TestFloodIsCut(t *testing.T) {
	clause.Proves(t, "FAULT-08", "FAULT-18")
	w := ourWorld(t, map[string]string{
		"run":        "#!/bin/sh\necho first\nyes flood | head -n 200000\necho >>../printed\nexec sleep 3600\n",
		"output-max": "1000\n",
	})
	w.file("printed")
	w.run("s6-svc", "-wD", "-d", "foo")
	w.stop()
	said := w.out.String() + w.log.String()
	if lines := strings.Count(said, "flood\n"); !strings.HasPrefix(said, "first\nflood\n") || lines != (1000-6)/6 {
		t.Errorf("%d lines passed:\n%.500s", lines, said)
	}
	for _, want := range []string{
		"foo: more than 1000 bytes of output in a minute: the rest is dropped until ",
		"foo: 199835 lines of output (1199010 bytes) were dropped\n",
	} {
		if strings.Count(said, want) != 1 {
			t.Errorf("not once %q in:\n%.2000s", want, said)
		}
	}
}

// contract: SLOT-14; spec: SUP-55, SUP-56
func TestVanishedDirectoryIsStoppedAndForgotten(t *testing.T) {
	clause.Proves(t, "SLOT-14", "SUP-55", "SUP-56")
	files := map[string]string{
		"run":     "#!/bin/sh\necho $$ >>../pids\nexec sleep 3600\n",
		"finish":  "#!/bin/sh\necho >../finished\n",
		"log/run": "#!/bin/sh\necho >>../../loggers\nexec cat\n",
	}
	w := ourWorld(t, files)
	for round := 1; round <= 3; round++ {
		w.untilStat("foo", "up")
		w.untilStat("foo/log", "up")
		// Either shell has read its script, which is about to vanish.
		w.poll("both run", func() bool {
			return strings.Count(w.file("pids"), "\n") == round && strings.Count(w.file("loggers"), "\n") == round
		})
		pids := []string{w.pid("foo"), w.pid("foo/log")}
		w.remove("foo")
		for _, pid := range pids {
			w.poll("process "+pid+" is gone", func() bool {
				_, err := os.Stat("/proc/" + pid)
				return err != nil
			})
		}
		w.service("foo", files)
		w.run("s6-svscanctl", "-a", ".")
	}
	w.untilStat("foo", "up")
	starts := func() int { return strings.Count(w.file("pids"), "\n") }
	w.poll("the fourth start", func() bool { return starts() >= 4 })
	if _, err := os.Stat(filepath.Join(w.dir, "finished")); err == nil {
		t.Error("finish ran for a vanished directory")
	}
	w.stop()
	if got := starts(); got != 4 {
		t.Errorf("run started %d times, want 4", got)
	}
	if said := w.out.String() + w.log.String(); said != "" {
		t.Errorf("scanner complained: %s", said)
	}
}

func TestLockModeKeepsASecondRunOut(t *testing.T) {
	clause.Proves(t, "SUP-104", "SUP-29")
	w := ourWorld(t, map[string]string{
		"run":     "#!/bin/sh\nsleep 3600 &\necho $! >../child\nwait\n",
		"lock-fd": "7\n",
	})
	w.untilStat("foo", "up")
	child := strings.TrimSpace(w.file("child"))
	w.remove("child")
	w.newPid("foo", w.kill("foo"))
	// The child of the first run holds the lock, so the second run waits.
	w.untilStat("foo", "up")
	if _, err := os.Stat(filepath.Join(w.dir, "child")); err == nil {
		t.Fatal("second run started beside the lock")
	}
	pid, err := strconv.Atoi(child)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if next := strings.TrimSpace(w.file("child")); next != child {
		defer func() {
			if n, err := strconv.Atoi(next); err == nil {
				_ = syscall.Kill(n, syscall.SIGKILL)
			}
		}()
	}
	w.untilStat("foo", "up")
}

func TestSecondScannerIsRefused(t *testing.T) {
	clause.Proves(t, "FAULT-20", "SUP-50")
	w := ourWorld(t, map[string]string{"run": sleeper})
	w.untilStat("foo", "up")
	second := &world{T: t, dir: w.dir, ours: true}
	second.cmd = nil
	if code := second.scanOnce(); code != 100 {
		t.Errorf("exit %d, want 100", code)
	}
}

func TestBrokenDirectoryIsSupervisedOnceMended(t *testing.T) {
	clause.Proves(t, "SUP-12")
	w := ourWorld(t, map[string]string{"run": sleeper, "event": "a file"})
	w.poll("nothing supervises foo", func() bool { return w.quiet("s6-svok", "foo") == 1 })
	w.remove("foo/event")
	w.run("s6-svscanctl", "-a", ".")
	w.untilStat("foo", "up")
}

// contract: SVC-01, SVC-02, SVC-04; spec: SUP-95
func TestAppletPrintsLikeTheRealTool(t *testing.T) {
	clause.Proves(t, "SUP-95", "SVC-01", "SVC-02", "SVC-04")
	w := ourWorld(t, map[string]string{"run": sleeper})
	w.untilStat("foo", "up")
	compare := func() {
		t.Helper()
		for _, args := range [][]string{
			{"foo"},
			{"-n", "foo"},
			{"-uwNrpes", "foo"},
			{"-o", "up,pid,exitcode,signal,signum,ready", "foo"},
			{"-u", "-o", "pid,paused", "foo"},
			{"nowhere"},
			{},
			{"-Z", "foo"},
			{"-o", "nonsense", "foo"},
		} {
			want, wantCode := w.output(append([]string{"s6-svstat"}, args...)...)
			got, gotCode := w.applet(args...)
			if plain(got) != plain(want) || gotCode != wantCode {
				t.Errorf("s6-svstat %q: %q exit %d, want %q exit %d", args, got, gotCode, want, wantCode)
			}
		}
	}
	compare()
	w.run("s6-svc", "-wD", "-kO", "foo")
	compare()
	w.service("foo", map[string]string{"down": ""})
	w.run("s6-svc", "-wu", "-pu", "foo")
	compare()
}
