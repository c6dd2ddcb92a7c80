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
	"caduceus/internal/env"
	s6p "caduceus/internal/s6"
)

// startOurs starts our scanner, for what that of s6 does not do, or not as the specification wants it.
func startOurs(t *testing.T, files map[string]string) *scandir {
	t.Helper()
	t.Parallel()
	d := newScandir(t, true)
	d.service("foo", files)
	d.start()
	return d
}

func (d *scandir) remove(name string) {
	d.Helper()
	if err := os.RemoveAll(filepath.Join(d.path, name)); err != nil {
		d.Fatal(err)
	}
}

func (d *scandir) kill(name string) string {
	d.Helper()
	// A run may do its work before its supervisor has written that it is up.
	var pid string
	d.poll(name+" has a pid", func() bool {
		pid = d.pid(name)
		return pid != "-1"
	})
	n, err := strconv.Atoi(pid)
	if err != nil || n <= 1 {
		d.Fatalf("want a pid of %s, got %q", name, pid)
	}
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		d.Fatal(err)
	}
	return pid
}

// newPid waits until run has another pid than old.
func (d *scandir) newPid(name, old string) {
	d.Helper()
	d.poll(name+" has a new pid", func() bool {
		pid := d.pid(name)
		return pid != old && pid != "-1"
	})
}

func TestFinishGetsTheProcessGroup(t *testing.T) {
	clause.Proves(t, "SLOT-11", "SLOT-12", "SLOT-13", "SUP-24")
	d := startOurs(t, map[string]string{
		"run":    sleeper,
		"finish": "#!/bin/sh\necho \"$# $3 $4 $" + env.RunSignalled.String() + "\" >>../args\n",
	})
	d.untilStat("foo", "up")
	first := d.kill("foo")
	d.newPid("foo", first)
	second := d.pid("foo")
	d.run("s6-svc", "-h", "foo")
	d.poll("died of HUP", func() bool { return strings.Count(d.file("args"), "\n") == 2 })
	d.newPid("foo", second)
	third := d.pid("foo")
	d.run("s6-svc", "-wD", "-d", "foo")
	want := fmt.Sprintf("4 foo %s 0\n4 foo %s 1\n4 foo %s 0\n", first, second, third)
	if got := d.file("args"); got != want {
		t.Errorf("want finish called with\n%s, got\n%s", want, got)
	}
}

func TestKilledServiceIsBackWithANewPid(t *testing.T) {
	clause.Proves(t, "SLOT-05")
	d := startOurs(t, map[string]string{"run": sleeper})
	d.untilStat("foo", "up")
	for range 3 {
		d.newPid("foo", d.kill("foo"))
	}
}

func TestNoLineIsLostWhenEitherSideIsKilled(t *testing.T) {
	clause.Proves(t, "FAULT-09", "LOG-06", "SUP-54")
	const lines = 400
	d := startOurs(t, map[string]string{
		// Counts a line once it is written; a second run goes on from there.
		"run": "#!/bin/bash\nwhile read -r l; do n=$l; done <../n\nwhile test $n -lt " + strconv.Itoa(lines) +
			"; do n=$((n+1)); echo line $n; echo $n >>../n; done\nexec sleep 3600\n",
		// What a logger has read and not yet written dies with it, so it is down
		// while the lines are in the pipe.
		"log/run": "#!/bin/bash\nwhile read -r l; do echo \"$l\"; done >>../../log.out\n",
		"../n":    "0\n",
		"down":    "",
	})
	d.untilStat("foo/log", "up")
	d.run("s6-svc", "-wd", "-d", "foo/log")
	d.run("s6-svc", "-u", "foo")
	d.poll("all lines are written", func() bool { return strings.HasSuffix(d.file("n"), fmt.Sprintf("\n%d\n", lines)) })
	d.newPid("foo", d.kill("foo"))
	d.run("s6-svc", "-wu", "-u", "foo/log")
	last := "line " + strconv.Itoa(lines) + "\n"
	d.poll("the last line is logged", func() bool { return strings.Contains(d.file("log.out"), last) })
	logged := d.file("log.out")
	for n := 1; n <= lines; n++ {
		if !strings.Contains(logged, fmt.Sprintf("line %d\n", n)) {
			t.Fatalf("want lines 1 to %d logged, got none of %d", lines, n)
		}
	}
}

func TestTenThousandRestartsLeaveNothingBehind(t *testing.T) {
	clause.Proves(t, "FAULT-21")
	d := startOurs(t, map[string]string{
		"finish":          "#!/bin/sh\nexit 0\n",
		"notification-fd": "3",
		"down":            "",
	})
	program, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeProgram(filepath.Join(d.path, "foo", "run"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	type use struct{ descriptors, threads, residentKB int }
	measure := func() use {
		t.Helper()
		list := func(what string) int {
			names, err := os.ReadDir(fmt.Sprintf("/proc/%d/%s", d.cmd.Process.Pid, what))
			if err != nil {
				t.Fatal(err)
			}
			return len(names)
		}
		return use{list("fd"), list("task"), d.residentKB()}
	}
	d.supervised("foo")
	events := d.subscribe("foo")
	restart := func(times int) {
		t.Helper()
		for range times {
			if err := s6p.SendControl(filepath.Join(d.path, "foo"), "o"); err != nil {
				t.Fatal(err)
			}
			events.await("D")
		}
	}
	restart(1000)
	d.remove("foo/finish") // a shell for each would take most of the time
	before := measure()
	restart(10_000)
	var seen string
	defer func() { t.Log(seen) }()
	// The last restart may still be on its way out: what leaks stays, however long one looks.
	d.poll("an init as before the restarts", func() bool {
		after := measure()
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", d.cmd.Process.Pid, d.cmd.Process.Pid))
		left := err == nil && len(strings.Fields(string(children))) > 0
		grown := after.descriptors > before.descriptors || after.threads > before.threads+2 || after.residentKB > before.residentKB+2048
		seen = fmt.Sprintf("before %+v, after %+v, children %q", before, after, children)
		return !left && !grown
	})
}

// residentKB is what the scanner has in memory.
func (d *scandir) residentKB() int {
	d.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		d.Fatal(err)
	}
	return n
}

func TestEachLineOfOutputGetsThePrefix(t *testing.T) {
	clause.Proves(t, "DASH-06")
	d := startOurs(t, map[string]string{
		"run":           "#!/bin/sh\necho to stdout\necho to stderr >&2\nprintf unfinished\necho >>../printed\nexec sleep 3600\n",
		"output-prefix": "[dash] \n",
	})
	d.file("printed")
	d.newPid("foo", d.kill("foo"))
	d.poll("second run has printed", func() bool { return len(d.file("printed")) == 2 })
	d.run("s6-svc", "-wD", "-d", "foo")
	d.stop()
	for got, want := range map[string]string{
		d.out.String(): "[dash] to stdout\n[dash] unfinished\n",
		d.log.String(): "[dash] to stderr\n",
	} {
		if got != want+want {
			t.Errorf("want as output, twice,\n%s, got\n%s", want, got)
		}
	}
}

// A service that floods fills no disk and runs on, and the log names it.
func TestAFloodOfOutputIsCut(t *testing.T) {
	clause.Proves(t, "FAULT-08", "FAULT-18")
	d := startOurs(t, map[string]string{
		"run":        "#!/bin/sh\necho first\nyes flood | head -n 200000\necho >>../printed\nexec sleep 3600\n",
		"output-max": "1000\n",
	})
	d.file("printed")
	d.run("s6-svc", "-wD", "-d", "foo")
	d.stop()
	said := d.out.String() + d.log.String()
	if lines := strings.Count(said, "flood\n"); !strings.HasPrefix(said, "first\nflood\n") || lines != (1000-6)/6 {
		t.Errorf("want %d lines to pass, got %d:\n%.500s", (1000-6)/6, lines, said)
	}
	for _, want := range []string{
		"foo: more than 1000 bytes of output in a minute: the rest is dropped until ",
		"foo: 199835 lines of output (1199010 bytes) were dropped\n",
	} {
		if strings.Count(said, want) != 1 {
			t.Errorf("want %q once, got:\n%.2000s", want, said)
		}
	}
}

func TestVanishedDirectoryIsStoppedAndForgotten(t *testing.T) {
	clause.Proves(t, "SLOT-14", "SUP-55", "SUP-56")
	files := map[string]string{
		"run":     "#!/bin/sh\necho $$ >>../pids\nexec sleep 3600\n",
		"finish":  "#!/bin/sh\necho >../finished\n",
		"log/run": "#!/bin/sh\necho >>../../loggers\nexec cat\n",
	}
	d := startOurs(t, files)
	for round := 1; round <= 3; round++ {
		d.untilStat("foo", "up")
		d.untilStat("foo/log", "up")
		// Either shell has read its script, which is about to vanish.
		d.poll("both run", func() bool {
			return strings.Count(d.file("pids"), "\n") == round && strings.Count(d.file("loggers"), "\n") == round
		})
		pids := []string{d.pid("foo"), d.pid("foo/log")}
		d.remove("foo")
		for _, pid := range pids {
			d.poll("process "+pid+" is gone", func() bool {
				_, err := os.Stat("/proc/" + pid)
				return err != nil
			})
		}
		d.service("foo", files)
		d.run("s6-svscanctl", "-a", ".")
	}
	d.untilStat("foo", "up")
	starts := func() int { return strings.Count(d.file("pids"), "\n") }
	d.poll("the fourth start", func() bool { return starts() >= 4 })
	if _, err := os.Stat(filepath.Join(d.path, "finished")); err == nil {
		t.Error("want no finish for a vanished directory, got one")
	}
	d.stop()
	if got := starts(); got != 4 {
		t.Errorf("want run started 4 times, got %d", got)
	}
	if said := d.out.String() + d.log.String(); said != "" {
		t.Errorf("want a silent scanner, got: %s", said)
	}
}

func TestLockModeKeepsASecondRunOut(t *testing.T) {
	clause.Proves(t, "SUP-104", "SUP-29")
	d := startOurs(t, map[string]string{
		"run":     "#!/bin/sh\nsleep 3600 &\necho $! >../child\nwait\n",
		"lock-fd": "7\n",
	})
	d.untilStat("foo", "up")
	child := strings.TrimSpace(d.file("child"))
	d.remove("child")
	d.newPid("foo", d.kill("foo"))
	// The child of the first run holds the lock, so the second run waits.
	d.untilStat("foo", "up")
	if _, err := os.Stat(filepath.Join(d.path, "child")); err == nil {
		t.Fatal("want the second run to wait for the lock, got one beside it")
	}
	pid, err := strconv.Atoi(child)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if next := strings.TrimSpace(d.file("child")); next != child {
		defer func() {
			if n, err := strconv.Atoi(next); err == nil {
				_ = syscall.Kill(n, syscall.SIGKILL)
			}
		}()
	}
	d.untilStat("foo", "up")
}

func TestASecondScannerOnTheScandirIsRefused(t *testing.T) {
	clause.Proves(t, "FAULT-20", "SUP-50")
	d := startOurs(t, map[string]string{"run": sleeper})
	d.untilStat("foo", "up")
	second := &scandir{T: t, path: d.path, ours: true}
	if code := second.scanOnce(); code != 100 {
		t.Errorf("want the second scanner to end with 100, got %d", code)
	}
}

func TestBrokenDirectoryIsSupervisedOnceMended(t *testing.T) {
	clause.Proves(t, "SUP-12")
	d := startOurs(t, map[string]string{"run": sleeper, "event": "a file"})
	d.poll("nothing supervises foo", func() bool { return d.code("s6-svok", "foo") == 1 })
	d.remove("foo/event")
	d.run("s6-svscanctl", "-a", ".")
	d.untilStat("foo", "up")
}

func TestAppletPrintsLikeTheRealTool(t *testing.T) {
	clause.Proves(t, "SUP-95", "SVC-01", "SVC-02", "SVC-04")
	d := startOurs(t, map[string]string{"run": sleeper})
	d.untilStat("foo", "up")
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
			want, wantCode := d.output(append([]string{"s6-svstat"}, args...)...)
			got, gotCode := d.applet(args...)
			if plain(got) != plain(want) || gotCode != wantCode {
				t.Errorf("s6-svstat %q: want %q, exit %d, got %q, exit %d", args, want, wantCode, got, gotCode)
			}
		}
	}
	compare()
	d.run("s6-svc", "-wD", "-kO", "foo")
	compare()
	d.service("foo", map[string]string{"down": ""})
	d.run("s6-svc", "-wu", "-pu", "foo")
	compare()
}
