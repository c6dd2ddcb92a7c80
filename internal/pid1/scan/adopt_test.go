package scan

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/s6"
)

var kills = flag.Int("kills", 6, "how often the test of adoption kills a scanner")

const asScanner = "scanner-of-the-test"

// TestMain makes this binary what a scanner executes as itself, and the scanner of the tests of adoption.
func TestMain(m *testing.M) {
	switch os.Args[0] {
	case proc.ExecArgv0:
		os.Exit(proc.ExecMain(os.Args[1:])) //nolint:forbidigo // this is a main
	case asScanner:
		os.Exit(scannerMain(os.Args[1])) //nolint:forbidigo // same
	}
	goleak.VerifyTestMain(m)
}

// scannerMain supervises a scandir as a process that PID 1 starts and that may die; the words of its standard input are
// the exits that PID 1 reports. Letter t stops everything.
func scannerMain(dir string) int {
	procs, err := proc.NewTable()
	if err != nil {
		return 1
	}
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			var e proc.Exit
			if _, err := fmt.Sscan(in.Text(), &e.Pid, &e.Start, &e.Status); err == nil {
				procs.Exited(e)
			}
		}
	}()
	sink := func(level log.Level, _, text string) { fmt.Fprintf(os.Stderr, "%d %s %s\n", os.Getpid(), level, text) }
	s, err := Open(Options{
		Dir: dir, Procs: procs, Log: log.Logger{Sink: sink}, Environ: os.Environ, Stdout: os.Stderr, Stderr: os.Stderr,
		Boot: true, Record: true, Adopt: true,
	})
	if err != nil {
		sink(log.Error, "", err.Error())
		return 2
	}
	ctx := context.Background()
	go func() { _ = s.Run(ctx) }()
	s.Scan()
	for letter := range s.Requests() {
		if letter == 't' {
			break
		}
	}
	s.Freeze()
	s.StopServices(ctx, s.mains(), func(string) time.Duration { return 10 * time.Second })
	s.CloseLoggers(ctx, 10*time.Second)
	if s.Close() != nil {
		return 3
	}
	return 0
}

// house is the parent of scanners, and of what they leave: PID 1.
type house struct {
	*rig
	procs   *proc.Table
	scanner *proc.Child
	exits   sync.WaitGroup
}

func newHouse(t *testing.T) *house {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	h := &house{rig: &rig{T: t, path: t.TempDir()}}
	var err error
	if h.procs, err = proc.NewTable(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.procs.Close)
	h.procs.Orphans()
	if h.out, err = os.Create(filepath.Join(t.TempDir(), "out")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.poll("nobody is left", func() bool { h.procs.SignalAll(syscall.SIGKILL); return h.procs.Others(0) == 0 })
		h.exits.Wait()
		_ = h.out.Close()
	})
	return h
}

func (h *house) scan() {
	h.Helper()
	in, exits, err := os.Pipe()
	if err != nil {
		h.Fatal(err)
	}
	h.scanner, err = h.procs.Spawn(proc.Spec{
		Path: "/proc/self/exe", Argv: []string{asScanner, h.path}, Env: os.Environ(), Files: []*os.File{in, h.out, h.out},
	})
	_ = in.Close()
	if err != nil {
		h.Fatal(err)
	}
	over := h.scanner.Done()
	h.exits.Go(func() {
		defer func() { _ = exits.Close() }()
		for at := uint64(0); ; {
			all, next, changed := h.procs.Orphans().After(at)
			for _, e := range all {
				fmt.Fprintln(exits, e.Pid, e.Start, uint32(e.Status))
			}
			at = next
			select {
			case <-changed:
			case <-over:
				return
			}
		}
	})
}

func (h *house) kill() {
	_ = h.scanner.Signal(syscall.SIGKILL)
	<-h.scanner.Done()
}

func (h *house) read(name string) string {
	b, _ := os.ReadFile(filepath.Join(h.path, name))
	return string(b)
}

func (h *house) logged() []string { return strings.Fields(h.read(".logged")) }

// up is the pid of a service that is up.
func (h *house) up(name string) int {
	h.Helper()
	pid := 0
	h.poll(name+" is up", func() bool {
		status, err := s6.ReadStatus(filepath.Join(h.path, name))
		pid = status.Pid
		return err == nil && status.Up() && unix.Kill(pid, 0) == nil
	})
	return pid
}

// stop ends everything, and looks for each number up to the last one among what was logged.
func (h *house) stop() {
	h.Helper()
	h.poll("a scanner that obeys", func() bool { return s6.SendScanControl(h.path, "t") == nil })
	select {
	case <-h.scanner.Done():
	case <-time.After(patience):
		h.Fatalf("it does not stop\n%s", h.story())
	}
	if status := h.scanner.Status(); status != 0 {
		h.Errorf("the scanner ended with %#x\n%s", status, h.story())
	}
	got := h.logged()
	for i, number := range got {
		if number != strconv.Itoa(i+1) {
			h.Fatalf("%s where %d is due\n%s", number, i+1, h.story())
		}
	}
	if last := strings.TrimSpace(h.read(".last")); len(got) == 0 || got[len(got)-1] != last {
		h.Errorf("%d lines are logged, the last one is %s\n%s", len(got), last, h.story())
	}
}

func (h *house) story() string {
	said, _ := os.ReadFile(h.out.Name())
	return fmt.Sprintf("starts %q, of the logger %q; log\n%s", h.read(".starts"), h.read(".logger-starts"), said)
}

// A service that counts, and goes on counting where it was; a file holds it up.
const (
	counter = `#!/bin/sh
echo $$ >>../.starts
trap 'echo $i >../.last; exit 0' TERM
i=0
test -e ../.last && read i <../.last
while :; do
	i=$((i+1)); echo $i
	while test -e ../.wait; do echo $i >../.next; mv ../.next ../.last; sleep 0.01; done # a kill leaves no half of it
	sleep 0.002
done
`
	cat = "#!/bin/sh\necho $$ >>../../.logger-starts\nexec cat >>../../.logged\n"
)

func (h *house) pair() {
	h.file("foo/run", counter)
	h.file("foo/log/run", cat)
}

func (h *house) wait(yes bool) {
	h.Helper()
	if !yes {
		if err := os.Remove(filepath.Join(h.path, ".wait")); err != nil {
			h.Fatal(err)
		}
		return
	}
	h.file(".wait", "")
	before := ""
	h.poll("it waits, and its logger has all", func() bool {
		got := h.logged()
		last := strings.TrimSpace(h.read(".last"))
		done := last != "" && last == before && len(got) > 0 && got[len(got)-1] == last
		before = last
		return done
	})
}

// Scanners are killed at any moment; the service and its logger live through it, and no line is lost.
func TestServiceAndLoggerOutliveTheirScanners(t *testing.T) {
	clause.Proves(t, "SUP-114", "SUP-116", "FAULT-09")
	h := newHouse(t)
	h.pair()
	for range *kills {
		h.scan()
		if rand.IntN(3) > 0 {
			h.up("foo")
			h.up("foo/log")
		}
		<-time.After(time.Duration(rand.IntN(60)) * time.Millisecond)
		h.kill()
	}
	h.scan()
	h.up("foo")
	h.up("foo/log")
	n := len(h.logged())
	h.poll("more lines", func() bool { return len(h.logged()) > n+20 })
	h.stop()
	if starts, loggers := h.read(".starts"), h.read(".logger-starts"); strings.Count(starts, "\n") != 1 || strings.Count(loggers, "\n") != 1 {
		t.Errorf("%s", h.story())
	}
}

// One of the two dies while nobody supervises; its successor gets the pipe of the other one.
func TestPipeIsThatOfWhoLives(t *testing.T) {
	clause.Proves(t, "SUP-112", "SUP-116", "FAULT-09")
	for _, name := range []string{"foo", "foo/log"} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.pair()
			h.scan()
			foo, logger := h.up("foo"), h.up("foo/log")
			h.poll("some lines", func() bool { return len(h.logged()) > 10 })
			h.wait(true)
			h.kill()
			victim, other := foo, logger
			if name == "foo/log" {
				victim, other = logger, foo
			}
			start := proc.StartOf(victim)
			if err := unix.Kill(victim, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			h.poll("it is gone", func() bool { return proc.StartOf(victim) != start })
			h.wait(false)
			if name == "foo/log" {
				<-time.After(50 * time.Millisecond) // lines that nobody reads
			}
			h.scan()
			h.poll("another one", func() bool { return h.up(name) != victim })
			if name == "foo/log" && h.up("foo") != other {
				t.Errorf("foo is another one\n%s", h.story())
			}
			n := len(h.logged())
			h.poll("more lines", func() bool { return len(h.logged()) > n+20 })
			deaths, err := s6.ReadTally(filepath.Join(h.path, name))
			if err != nil || len(deaths) != 1 || deaths[0].Signal != 9 {
				t.Errorf("deaths %v, %v", deaths, err)
			}
			h.stop()
		})
	}
}

// A directory moved out of the scandir and back finds its service again, with the scanner after next.
func TestServiceThatWasAwayIsAdopted(t *testing.T) {
	clause.Proves(t, "SUP-114")
	h := newHouse(t)
	h.pair()
	h.scan()
	pid := h.up("foo")
	h.poll("it counts", func() bool { return h.read(".starts") != "" && len(h.logged()) > 0 })
	h.kill()
	away := filepath.Join(t.TempDir(), "foo")
	if err := os.Rename(filepath.Join(h.path, "foo"), away); err != nil {
		t.Skipf("cannot move a directory there: %v", err)
	}
	h.scan()
	h.poll("it obeys", func() bool { return s6.SendScanControl(h.path, "a") == nil })
	if err := os.Rename(away, filepath.Join(h.path, "foo")); err != nil {
		t.Fatal(err)
	}
	h.poll("supervised", func() bool {
		_ = s6.SendScanControl(h.path, "a")
		up, err := s6.Supervised(filepath.Join(h.path, "foo"))
		return up && err == nil
	})
	if got := h.up("foo"); got != pid || !slices.Equal(strings.Fields(h.read(".starts")), []string{strconv.Itoa(pid)}) {
		t.Errorf("pid %d, was %d\n%s", got, pid, h.story())
	}
	h.stop()
}
