package user

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/identity"
	"caduceus/internal/pid1/channel"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
)

// There is one table of processes at a time, so the tests that have one do not run side by side.

// fixture is PID 1's side of a supervisor that is a shell script.
type fixture struct {
	*Supervisor
	err error

	mu     sync.Mutex
	lines  []string
	pauses []time.Duration
	states []State
}

func start(t *testing.T, script string, ready time.Duration) *fixture {
	t.Helper()
	return startFirst(t, script, ready, func(Options) *Prepared { return nil })
}

func startFirst(t *testing.T, script string, ready time.Duration, first func(Options) *Prepared) *fixture {
	t.Helper()
	program := filepath.Join(t.TempDir(), "supervisor")
	syscall.ForkLock.RLock() // no child has it open for writing when it is executed
	err := os.WriteFile(program, []byte("#!/bin/sh\n"+script+"\n"), 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	procs, err := proc.NewTable()
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{}
	ctx, cancel := context.WithTimeout(t.Context(), ready)
	defer cancel()
	options := Options{
		Procs: procs, Dir: t.TempDir(), Verbosity: func() log.Level { return log.Warning }, Exec: program,
		Log: log.Logger{Source: "init", Sink: func(_ log.Level, _, text string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.lines = append(f.lines, text)
		}},
		Letter: func(byte) { t.Error("a letter was heard") },
		Changed: func(s State) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.states = append(f.states, s)
		},
		pause: func(d time.Duration) <-chan time.Time {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.pauses = append(f.pauses, d)
			return time.After(time.Millisecond)
		},
	}
	options.First = first(options)
	f.Supervisor, f.err = Start(ctx, options)
	t.Cleanup(func() { f.End(); procs.Close() })
	return f
}

func (f *fixture) poll(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		f.mu.Lock()
		now := holds()
		f.mu.Unlock()
		if now {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-t.Context().Done():
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t.Fatalf("gave up waiting for %s; pauses %v, states %v, lines:\n%s", what, f.pauses, f.states, strings.Join(f.lines, "\n"))
}

// A supervisor that ends at once is started again after longer and longer pauses.
func TestASupervisorThatKeepsEndingIsStartedLessAndLessOften(t *testing.T) {
	clause.Proves(t, "SUP-117")
	f := start(t, "exit 3", 50*time.Millisecond)
	if f.err == nil {
		t.Error("it was ready")
	}
	f.poll(t, "eight pauses", func() bool { return len(f.pauses) >= 8 })
	f.mu.Lock()
	defer f.mu.Unlock()
	second := time.Second
	want := []time.Duration{second, 2 * second, 4 * second, 8 * second, 16 * second, 32 * second, 60 * second, 60 * second}
	if diff := cmp.Diff(want, f.pauses[:8]); diff != "" {
		t.Error(diff)
	}
	if first := f.lines[0]; first != "the user's supervisor has ended: exit code 3; the next one starts at once and takes its services over" {
		t.Errorf("logged %q", first)
	}
	if f.states[0].Pid == 0 || f.states[0].Starts != 1 || f.states[1] != (State{Starts: 1}) {
		t.Errorf("states %+v", f.states[:2])
	}
}

// A process that was prepared is the first supervisor, and not the second.
func TestWhatIsPreparedBecomesTheFirstSupervisor(t *testing.T) {
	clause.Proves(t, "SUP-117")
	var canceled, first int
	f := startFirst(t, "head -c 1 <&3 >/dev/null; exit 3", 50*time.Millisecond, func(o Options) *Prepared {
		for _, pid := range []*int{&canceled, &first} {
			p, err := Prepare(o)
			if err != nil {
				t.Fatal(err)
			}
			*pid = p.child.Pid()
			if pid == &first {
				return p
			}
			p.Cancel()
		}
		return nil
	})
	if err := syscall.Kill(canceled, 0); err == nil {
		t.Error("the one that was canceled lives")
	}
	f.poll(t, "a second supervisor", func() bool { return len(f.states) >= 3 })
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.states[0] != (State{Pid: first, Starts: 1}) || f.states[2].Pid == first || f.states[2].Starts != 2 {
		t.Errorf("states %+v, prepared was %d", f.states[:3], first)
	}
}

// What is no message ends the supervisor that says it.
func TestASupervisorThatTalksNonsenseIsReplaced(t *testing.T) {
	clause.Proves(t, "SUP-117")
	f := start(t, "echo nonsense that is longer than a header >&4; exec sleep 1000", 50*time.Millisecond)
	f.poll(t, "a second supervisor", func() bool { return len(f.states) >= 3 })
	f.mu.Lock()
	defer f.mu.Unlock()
	if !strings.Contains(f.lines[0], "not a message") {
		t.Errorf("logged %q", f.lines[0])
	}
}

// Who never answers keeps nobody waiting for longer than they have.
func TestASilentSupervisorIsNotWaitedFor(t *testing.T) {
	clause.Proves(t, "SUP-117")
	f := start(t, "exec sleep 1000", 50*time.Millisecond)
	if f.Answers(t.Context()) {
		t.Error("it answers")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := f.Up(ctx, "service", true); err == nil {
		t.Error("a service is up")
	}
	f.End()
	if f.Answers(t.Context()) {
		t.Error("it answers after its end")
	}
}

func TestTheCommandLineComesBack(t *testing.T) {
	clause.Proves(t, "SUP-117")
	t.Parallel()
	want := arguments{adopt: true, gain: identity.FileGain, dir: "/run/service"}
	got, err := parse(want.words()[1:])
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	for _, args := range [][]string{nil, {"true"}, {"maybe", "0", "/x"}, {"true", "x", "/x"}, {"true", "0", "/x", "y"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}

func TestWordsOfHermesAreEscaped(t *testing.T) {
	t.Parallel()
	for m, want := range map[channel.Message]Condition{
		{Name: "slot", Text: "down\x00in user\x00down"}:      {Name: "slot", Word: "down", Why: "in user", Down: true},
		{Name: "a: b\x1b[2J", Text: "up\x1b[2J\x00ü\nb\x00"}: {Name: `"a: b\x1b[2J"`, Word: `up\x1b[2J`, Why: "ü; b"},
		{}: {Name: ""},
	} {
		if diff := cmp.Diff(want, condition(m)); diff != "" {
			t.Errorf("%+v: %s", m, diff)
		}
	}
}
