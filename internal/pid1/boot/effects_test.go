package boot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"caduceus/internal/clause"
)

func TestWhatIsDoneAboutRun(t *testing.T) {
	clause.Proves(t, "SUP-60")
	t.Parallel()
	const sticky, open = fs.ModeSticky | 0o777, fs.FileMode(0o777)
	for name, c := range map[string]struct {
		facts runFacts
		want  verdict
	}{
		"root, as shipped":                 {runFacts{mode: sticky, writable: true}, takeRun},
		"root, its own":                    {runFacts{mode: 0o755, writable: true}, fine},
		"root, open":                       {runFacts{mode: open, writable: true}, takeRun},
		"root, foreign":                    {runFacts{owner: 10000, mode: 0o755, writable: true}, takeRun},
		"root, foreign and not writable":   {runFacts{owner: 10000, mode: 0o755}, takeRun},
		"root, read-only":                  {runFacts{mode: 0o755}, mountRun},
		"user, as shipped":                 {runFacts{euid: 10000, mode: sticky, writable: true}, fine},
		"user, its own":                    {runFacts{euid: 10000, owner: 10000, mode: 0o700, writable: true}, fine},
		"user, root's":                     {runFacts{euid: 10000, mode: 0o755}, mountRun},
		"user, open":                       {runFacts{euid: 10000, mode: open, writable: true}, refuseWorldWritable},
		"user, its own but open to others": {runFacts{euid: 10000, owner: 10000, mode: open, writable: true}, refuseWorldWritable},
		"user, open and allowed":           {runFacts{euid: 10000, mode: open, writable: true, allowWorldWritable: true}, fine},
	} {
		if got := judgeRun(c.facts); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestEachSignalHasItsReaction(t *testing.T) {
	clause.Proves(t, "SUP-58", "SUP-75", "SUP-86")
	t.Parallel()
	plain := map[syscall.Signal]reaction{
		syscall.SIGTERM: halt, syscall.SIGINT: halt, syscall.SIGUSR1: halt, syscall.SIGUSR2: halt, syscall.SIGPWR: halt,
		syscall.SIGHUP: rescan, syscall.SIGALRM: look, syscall.SIGABRT: quit,
	}
	forwarded := map[syscall.Signal]bool{
		syscall.SIGTERM: true, syscall.SIGQUIT: true, syscall.SIGINT: true, syscall.SIGUSR1: true,
		syscall.SIGUSR2: true, syscall.SIGPWR: true, syscall.SIGWINCH: true,
	}
	for sig := syscall.Signal(1); sig <= 64; sig++ {
		if got := reactionTo(sig, false); got != plain[sig] {
			t.Errorf("%v: %d, want %d", sig, got, plain[sig])
		}
		if got := reactionTo(sig, true); (got == forward) != forwarded[sig] {
			t.Errorf("%v for CMD: %d", sig, got)
		}
	}
}

func TestEachLetterHasItsReaction(t *testing.T) {
	clause.Proves(t, "SUP-57")
	t.Parallel()
	for letter, want := range map[byte]reaction{'t': halt, 'i': halt, 'q': halt, 'b': quit, 'a': ignore, 'x': ignore} {
		if got := requestFor(letter); got != want {
			t.Errorf("%q: %d, want %d", letter, got, want)
		}
	}
}

func TestOnlyExpectedHangupsAreIgnored(t *testing.T) {
	clause.Proves(t, "SUP-71")
	t.Parallel()
	var h hangups
	if h.swallow() {
		t.Error("a hang-up is swallowed that nobody expects")
	}
	h.expect()
	if !h.swallow() || h.swallow() {
		t.Error("one expected hang-up is not swallowed once")
	}
}

func TestCmdGetsASessionThatFitsTheTerminal(t *testing.T) {
	clause.Proves(t, "BOOT-11", "SUP-71", "SUP-86")
	t.Parallel()
	for name, c := range map[string]struct {
		tty  terminal
		want syscall.SysProcAttr
	}{
		"no terminal":           {terminal{}, syscall.SysProcAttr{Setsid: true}},
		"we lead its session":   {terminal{present: true, ours: true, leader: true}, syscall.SysProcAttr{Setsid: true, Setctty: true}},
		"somebody else does":    {terminal{present: true, ours: true}, syscall.SysProcAttr{Setpgid: true}},
		"it belongs to nobody":  {terminal{present: true, leader: true}, syscall.SysProcAttr{Setsid: true, Setctty: true}},
		"it is somebody else's": {terminal{present: true}, syscall.SysProcAttr{Setsid: true, Setctty: true}},
	} {
		got := sessionFor(c.tty)
		if got.Setsid != c.want.Setsid || got.Setctty != c.want.Setctty || got.Setpgid != c.want.Setpgid {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAFailedBootHasTheExitCodeOfItsCause(t *testing.T) {
	clause.Proves(t, "BOOT-04")
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"failure":          {errors.New("x"), 1},
		"timeout":          {fmt.Errorf("x: %w", context.DeadlineExceeded), 2},
		"hook":             {stage2Error{42, errors.New("x")}, 42},
		"one of many late": {errors.Join(errors.New("x"), context.DeadlineExceeded), 2},
	} {
		if got := stage2Code(c.err); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
