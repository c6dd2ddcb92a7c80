package supervise

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/held"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/s6"
)

var kills = flag.Int("kills", 6, "how often the tests of adoption kill a supervisor")

// What this binary is in the tests of adoption.
const (
	asSupervisor = "supervisor-of-the-test"
	asRun        = "run-of-the-test"
)

// supervisorMain supervises the directory of its first argument, as a process that PID 1 starts. It kills itself when the
// supervisor looks at its surroundings for the n-th time, if the second argument is such a number; the words of
// its standard input are the exits that PID 1 reports.
func supervisorMain(args []string) int {
	path := args[0]
	crash, _ := strconv.ParseInt(args[1], 10, 64)
	var seen atomic.Int64
	look := func() {
		if seen.Add(1) == crash {
			_ = unix.Kill(os.Getpid(), unix.SIGKILL)
			select {}
		}
	}
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
	dir, err := held.Open(path, held.FollowAll)
	if err != nil {
		return 1
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 1
	}
	sink := func(level log.Level, _, text string) { fmt.Fprintf(os.Stderr, "%d %s %s\n", os.Getpid(), level, text) }
	s := Start(Options{
		Dir: dir, Name: "foo", Procs: procs, Log: log.Logger{Sink: sink}, Stdin: null, Stdout: os.Stdout, Stderr: os.Stdout,
		Environ:  func() []string { look(); return os.Environ() },
		Frozen:   func() bool { look(); return false },
		Now:      func() time.Time { look(); return time.Now() },
		OOMKills: func() uint64 { look(); return 0 },
		Record:   true, Adopt: true,
	})
	<-s.Done()
	return 0
}

// runMain is a service that cannot run twice. It ends with 7 by TERM and with 3 by USR1.
func runMain() int {
	ended := make(chan os.Signal, 8)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGUSR1)
	signal.Ignore(syscall.SIGHUP)
	alive, err := os.OpenFile("alive", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return 98
	}
	if err := unix.Flock(int(alive.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		noteEvent("second")
		return 99
	}
	noteEvent(fmt.Sprintf("start %d", os.Getpid()))
	if _, err := os.Stat("notification-fd"); err == nil {
		ready := os.NewFile(3, "ready")
		for late := time.After(time.Minute); ; {
			if _, err := os.Stat("go"); err == nil {
				break
			}
			select {
			case <-time.After(time.Millisecond):
			case <-late:
			case sig := <-ended:
				return codeOf(sig)
			}
		}
		_, err := ready.WriteString("\n")
		noteEvent(fmt.Sprintf("ready %v", err))
		if _, err := os.Stat("close"); err == nil {
			_ = ready.Close()
		}
	}
	return codeOf(<-ended)
}

func codeOf(sig os.Signal) int {
	if sig == syscall.SIGUSR1 {
		return 3
	}
	return 7
}

func noteEvent(text string) {
	if f, err := os.OpenFile("events", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
		_, _ = f.WriteString(text + "\n")
		_ = f.Close()
	}
}

const finishOfTheTest = `#!/bin/sh
mkdir finishing || echo second finish >>events
echo "finish $1 $2" >>events
rmdir finishing
`

// house is the parent of supervisors, and of what they leave: PID 1.
type house struct {
	*testing.T
	path       string
	procs      *proc.Table
	out        *os.File
	supervisor *proc.Child
}

func newHouse(t *testing.T, files map[string]string) *house {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, path: newRig(t, files).path}
	self, err := os.Executable()
	if err == nil {
		err = os.WriteFile(h.path+"/run", []byte("#!/bin/sh\nexec env RUN_AS="+asRun+" "+self+"\n"), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	if h.procs, err = proc.NewTable(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.procs.Close)
	h.procs.Orphans()
	if h.out, err = os.Create(filepath.Join(t.TempDir(), "out")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.procs.SignalAll(syscall.SIGKILL)
		h.poll("nobody is left", func() bool { h.procs.SignalAll(syscall.SIGKILL); return h.procs.Others(0) == 0 })
		_ = h.out.Close()
	})
	return h
}

// supervise starts a supervisor that dies at its n-th look; 0: never.
func (h *house) supervise(crash int) {
	h.Helper()
	in, exits, err := os.Pipe()
	if err != nil {
		h.Fatal(err)
	}
	h.supervisor, err = h.procs.Spawn(proc.Spec{
		Path: "/proc/self/exe", Argv: []string{asSupervisor, h.path, strconv.Itoa(crash)}, Env: os.Environ(),
		Files: []*os.File{in, h.out, h.out},
	})
	_ = in.Close()
	if err != nil {
		h.Fatal(err)
	}
	var reporting sync.WaitGroup
	h.Cleanup(reporting.Wait)
	over := h.supervisor.Done()
	reporting.Go(func() {
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

func (h *house) poll(what string, ok func() bool) {
	h.Helper()
	for end := time.Now().Add(patience); !ok(); <-time.After(2 * time.Millisecond) {
		if time.Now().After(end) {
			h.Fatalf("gave up waiting: %s\n%s", what, h.story())
		}
	}
}

func (h *house) read(name string) string {
	b, _ := os.ReadFile(filepath.Join(h.path, name))
	return string(b)
}

func (h *house) story() string {
	said, _ := os.ReadFile(h.out.Name())
	status, err := s6.ReadStatus(h.path)
	return fmt.Sprintf("status %+v, %v\nrecord %sevents\n%slog\n%s", status, err, h.read("supervise/record"), h.read("events"), said)
}

func (h *house) crashed() bool {
	select {
	case <-h.supervisor.Done():
		return true
	default:
		return false
	}
}

// current is the pid of the run that started last and lives.
func (h *house) current() int {
	lines := strings.Fields(h.read("events"))
	for i := len(lines) - 1; i > 0; i-- {
		if lines[i-1] != "start" {
			continue
		}
		pid, _ := strconv.Atoi(lines[i])
		if proc.StartOf(pid) != 0 && unix.Kill(pid, 0) == nil {
			return pid
		}
		return 0
	}
	return 0
}

func (h *house) send(letters string) { _ = s6.SendControl(h.path, letters) }

// settle lets a supervisor that does not die come to an end, and looks at what all of them did.
func (h *house) settle() {
	h.Helper()
	h.poll("down, and the supervisor has ended", func() bool {
		if h.crashed() {
			if h.supervisor.Status() == 0 {
				return true
			}
			h.supervise(0)
		}
		h.send("d")
		if status, err := s6.ReadStatus(h.path); err == nil && status.Pid == 0 && !status.WantUp {
			h.send("x")
		}
		return false
	})
	events := h.read("events")
	if strings.Contains(events, "second") {
		h.Errorf("two processes at once\n%s", h.story())
	}
	deaths, err := s6.ReadTally(h.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		h.Error(err)
	}
	lives, unknown := 0, 0
	for _, d := range deaths {
		switch d.ExitCode {
		case 111: // a start that was cut short
			continue
		case 128 + 9:
			unknown++
		case 3, 7, 128 + 15:
		default:
			h.Errorf("a life ended with %d", d.ExitCode)
		}
		lives++
	}
	starts := strings.Count(events, "start ")
	// A run that was told to end before it could say that it started has no start.
	if lives < starts || lives > starts+strings.Count(events, "finish 256 15")+unknown {
		h.Errorf("%d lives for %d starts\n%s\n%v", lives, starts, h.story(), deaths)
	}
	h.Logf("%d starts, %d deaths, %d of them unknown", starts, len(deaths), unknown)
}

// act makes one life: start, readiness, end, finish, a start by command, an end by a letter. It gives up as soon as the supervisor dies.
func (h *house) act() {
	h.Helper()
	until := func(what string, ok func() bool) { h.poll(what, func() bool { return h.crashed() || ok() }) }
	until("run", func() bool { return h.current() != 0 })
	if pid := h.current(); pid != 0 && !h.crashed() {
		_ = unix.Kill(pid, unix.SIGUSR1)
	}
	until("finish", func() bool { return strings.Contains(h.read("events"), "finish 3 0") })
	until("a second run", func() bool { h.send("u"); return h.current() != 0 })
	h.send("h")
	h.send("t")
	until("another finish", func() bool { return strings.Count(h.read("events"), "finish ") > 1 })
}

// The supervisor is killed between any two of its looks at clock, cgroup, environment and stop: before and after
// everything that it writes or starts.
func TestSupervisorIsKilledAnywhere(t *testing.T) {
	clause.Proves(t, "SUP-113", "SUP-114", "FAULT-09")
	const looks = 240 // more than a life takes
	step := max(1, looks / *kills)
	for crash := 1 + rand.IntN(step); crash <= looks; crash += step {
		t.Run(strconv.Itoa(crash), func(t *testing.T) {
			h := newHouse(t, map[string]string{"finish": finishOfTheTest})
			h.supervise(crash)
			h.act()
			if !h.crashed() { // it takes fewer looks by now
				h.settle()
				return
			}
			h.supervise(0)
			h.poll("it goes on", func() bool {
				status, err := s6.ReadStatus(h.path)
				return err == nil && status.WantUp && (h.current() != 0 && status.Pid == h.current())
			})
			h.settle()
		})
	}
}

// Supervisors are killed at random while a service lives, dies and obeys.
func TestSupervisorsAreKilledAtRandom(t *testing.T) {
	clause.Proves(t, "SUP-113", "SUP-114", "FAULT-09")
	h := newHouse(t, map[string]string{"finish": finishOfTheTest, "max-death-tally": "4096"})
	for range *kills {
		h.supervise(0)
		if rand.IntN(4) > 0 {
			h.poll("supervised", func() bool { up, err := s6.Supervised(h.path); return up && err == nil })
		}
		for end := time.Now().Add(time.Duration(rand.IntN(150)) * time.Millisecond); time.Now().Before(end); {
			switch rand.IntN(4) {
			case 0:
				if pid := h.current(); pid != 0 {
					_ = unix.Kill(pid, unix.SIGUSR1)
				}
			case 1:
				h.send("u")
			case 2:
				h.send(string("tdou"[rand.IntN(4)]))
			}
			<-time.After(time.Duration(rand.IntN(10)) * time.Millisecond)
		}
		_ = h.supervisor.Signal(syscall.SIGKILL)
		<-h.supervisor.Done()
	}
	h.supervise(0)
	h.settle()
}

// What its successor does not see happen: the end of run, while nobody supervises.
func TestRunThatEndsBetweenTwoSupervisors(t *testing.T) {
	clause.Proves(t, "SUP-112", "SUP-114", "FAULT-09")
	h := newHouse(t, map[string]string{"finish": finishOfTheTest})
	h.supervise(0)
	h.poll("run", func() bool { return h.current() != 0 })
	pid := h.current()
	_ = h.supervisor.Signal(syscall.SIGKILL)
	<-h.supervisor.Done()
	_ = unix.Kill(pid, unix.SIGUSR1)
	h.poll("it is gone", func() bool { return proc.StartOf(pid) == 0 })
	h.supervise(0)
	h.poll("another run", func() bool { return h.current() != 0 })
	deaths, err := s6.ReadTally(h.path)
	if err != nil || len(deaths) != 1 || deaths[0].ExitCode != 3 || !strings.Contains(h.read("events"), "finish 3 0") {
		t.Errorf("deaths %v, %v\n%s", deaths, err, h.story())
	}
	h.settle()
}

// The newline comes while nobody supervises, and is read by the successor; run lives on.
func TestReadinessOutlivesTheSupervisor(t *testing.T) {
	clause.Proves(t, "SUP-116", "FAULT-09")
	for name, closes := range map[string]bool{"said between the two": false, "said and closed between the two": true, "said to the second": false} {
		t.Run(name, func(t *testing.T) {
			between := name != "said to the second"
			files := map[string]string{"notification-fd": "3\n"}
			if closes {
				files["close"] = ""
			}
			h := newHouse(t, files)
			h.supervise(0)
			h.poll("run", func() bool { return h.current() != 0 })
			pid := h.current()
			h.poll("up", func() bool { status, err := s6.ReadStatus(h.path); return err == nil && status.Pid == pid })
			_ = h.supervisor.Signal(syscall.SIGKILL)
			<-h.supervisor.Done()
			say := func() {
				if err := os.WriteFile(h.path+"/go", nil, 0o644); err != nil {
					t.Fatal(err)
				}
				h.poll("it is said", func() bool { return strings.Contains(h.read("events"), "ready") })
			}
			if between {
				say()
			}
			h.supervise(0)
			if !between {
				say()
			}
			h.poll("ready", func() bool {
				status, err := s6.ReadStatus(h.path)
				return err == nil && status.Pid == pid && status.Ready
			})
			if !strings.Contains(h.read("events"), "ready <nil>") {
				t.Errorf("%s", h.story())
			}
			if said, _ := os.ReadFile(h.out.Name()); strings.Contains(string(said), "taken for ready") != closes {
				t.Errorf("%s", h.story())
			}
			h.settle()
		})
	}
}

// Back-off and tally go on: six fast deaths, a supervisor each.
func TestBackoffGoesOnWithTheNextSupervisor(t *testing.T) {
	clause.Proves(t, "SUP-114", "SUP-41", "SUP-43")
	h := newHouse(t, nil)
	for n := 1; n <= 6; n++ {
		h.supervise(0)
		h.poll("run", func() bool { return h.current() != 0 })
		_ = unix.Kill(h.current(), unix.SIGUSR1)
		h.poll("its death is counted", func() bool {
			deaths, _ := s6.ReadTally(h.path)
			status, err := s6.ReadStatus(h.path)
			return len(deaths) == n && err == nil && status.Pid == 0
		})
		if n < 6 {
			_ = h.supervisor.Signal(syscall.SIGKILL)
			<-h.supervisor.Done()
		}
	}
	var b s6.Backoff
	h.poll("the back-off after the sixth death", func() (saved bool) { // it is saved after the status
		var err error
		b, saved, err = s6.ReadBackoff(h.path)
		return err == nil && saved && b.Fails == 6
	})
	_ = h.supervisor.Signal(syscall.SIGKILL)
	<-h.supervisor.Done()
	h.supervise(0)
	h.poll("the next run", func() bool { return h.current() != 0 })
	if early := time.Until(b.Next); early > 300*time.Millisecond {
		t.Errorf("started %v early\n%s", early, h.story())
	}
	h.settle()
}

// Lines that a service writes while nobody supervises are not lost, and do not end it.
func TestPrefixedOutputOutlivesTheSupervisor(t *testing.T) {
	clause.Proves(t, "SUP-116", "FAULT-09")
	h := newHouse(t, map[string]string{"output-prefix": "[foo] \n"})
	script := "#!/bin/sh\necho start $$ >>events\ntrap 'exit 7' TERM\ni=0\nwhile :; do i=$((i+1)); echo line $i; test $i -lt 3 || test -e on || { echo waits >>events; until test -e on; do sleep 0.01; done; }; sleep 0.005; done\n"
	if err := os.WriteFile(h.path+"/run", []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	h.supervise(0)
	h.poll("it waits", func() bool { return strings.Contains(h.read("events"), "waits") })
	pid := h.current()
	_ = h.supervisor.Signal(syscall.SIGKILL)
	<-h.supervisor.Done()
	if err := os.WriteFile(h.path+"/on", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	<-time.After(100 * time.Millisecond) // some lines, with nobody to read them
	if unix.Kill(pid, 0) != nil {
		t.Fatalf("it died of a write\n%s", h.story())
	}
	h.supervise(0)
	lines := func() (all []string) {
		said, _ := os.ReadFile(h.out.Name())
		for line := range strings.Lines(string(said)) {
			if text, found := strings.CutPrefix(line, "[foo] line "); found {
				all = append(all, strings.TrimSpace(text))
			}
		}
		return all
	}
	h.poll("more lines", func() bool { return len(lines()) > 60 })
	if h.current() != pid {
		t.Errorf("another run\n%s", h.story())
	}
	for i, got := range lines() {
		if want := strconv.Itoa(i + 1); got != want {
			t.Fatalf("line %s where %s is due; there are %v", got, want, slices.Clip(lines()))
		}
	}
	h.settle()
}
