package supervise

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"caduceus/internal/clause"
)

// model is a machine with a fake process, and what must hold of them.
type model struct {
	m      machine
	in     input
	pid    int  // of the live process, 0: none
	finish bool // it is finish
	last   int  // highest pid used
	want   bool // last intent
	ended  bool
	left   int  // processes that run left
	stuck  bool // that no signal ends

	record  string // as the supervisor left it
	noted   int    // pid that is on record, 0: none
	clock   clock
	crashes bool // the supervisor may die
	crashed bool // it has
}

// save is what the runner does before each step and each program.
func (w *model) save() {
	if w.m.state != stVanished {
		r := record{m: w.m, pid: w.noted, start: int64(w.noted), isFinish: w.finish}
		w.record = r.encode(w.clock)
	}
}

// mayCrash lets the supervisor die, sometimes.
func (w *model) mayCrash(t *rapid.T) bool {
	w.crashed = w.crashed || w.crashes && w.m.state != stVanished && rapid.IntRange(0, 29).Draw(t, "crash") == 0
	return w.crashed
}

// recover is the next supervisor.
func (w *model) recover(t *rapid.T) {
	for w.crashed {
		w.crashed = false
		r, err := decodeRecord(w.record, w.clock)
		if err != nil || r.pid != w.noted {
			t.Fatalf("record %q has pid %d, want %d: %v", w.record, r.pid, w.noted, err)
		}
		w.m, w.in.pid = r.m, r.pid
		switch {
		case r.pid == 0:
			w.do(t, evFoundNone)
		case r.isFinish:
			w.do(t, evFoundFinish)
		default:
			w.do(t, evFoundRun)
		}
		if w.noted != 0 && w.pid == 0 && !w.crashed { // it died meanwhile
			w.died(t)
		}
	}
}

func (w *model) do(t *rapid.T, e event) {
	next, effects := w.m.step(e, w.in)
	w.m = next
	if e == evDied {
		w.noted = 0
	}
	w.save()
	written := e >= evFoundRun // a successor begins with a write
	for _, todo := range effects {
		if w.mayCrash(t) {
			return
		}
		switch todo.op {
		case opWrite:
			written = true
			if pid := w.m.status.Pid; pid != w.noted {
				t.Fatalf("status has pid %d, alive is %d", pid, w.noted)
			}
		case opNotify:
			if !written && todo.text != "x" {
				t.Fatalf("event %q before its write", todo.text)
			}
		case opSpawnRun:
			if w.pid != 0 {
				t.Fatalf("run spawned beside pid %d", w.pid)
			}
			if w.left > 0 && !w.stuck && w.m.status.WantUp {
				t.Fatalf("run spawned beside %d processes of the last one", w.left)
			}
			w.spawn(t, false, evStarted, evUnstarted)
		case opSpawnFinish:
			w.spawn(t, true, evFinishing, evFinished)
		case opSweep:
			w.sweep(t, todo)
		case opOver:
			if w.left > 0 && !w.stuck && w.m.state == stLastSweep {
				t.Fatalf("over, but %d processes are left", w.left)
			}
			w.ended = true
		}
	}
	sweeps := w.m.state == stSweep || w.m.state == stLastSweep
	if w.noted == 0 && !w.ended && !w.crashed && w.m.state != stDown && !sweeps {
		t.Fatalf("nothing lives in state %s", stateNames()[w.m.state])
	}
}

func (w *model) spawn(t *rapid.T, finish bool, ok, failed event) {
	if rapid.IntRange(0, 9).Draw(t, "spawn") == 0 {
		w.do(t, failed)
		return
	}
	if w.mayCrash(t) { // before the process is on record: it executes nothing
		return
	}
	w.last++
	w.pid, w.noted, w.finish, w.in.pid = w.last, w.last, finish, w.last
	if w.save(); w.mayCrash(t) {
		return
	}
	w.do(t, ok)
}

// sweep is what opSweep does: KILL ends what is not stuck, TERM what obeys.
func (w *model) sweep(t *rapid.T, e effect) {
	switch {
	case w.stuck:
	case e.signal == syscall.SIGKILL:
		w.left = 0
	default:
		w.left = rapid.IntRange(0, w.left).Draw(t, "disobey")
	}
	switch {
	case w.m.state == stVanished: // nobody looks again
	case w.left == 0:
		w.do(t, evClear)
	default:
		w.do(t, evLeft)
	}
}

func (w *model) dies(t *rapid.T) {
	if w.pid == 0 {
		return
	}
	w.pid = 0
	if !w.finish && w.in.config.Leftovers > 0 {
		w.left, w.stuck = rapid.IntRange(0, 2).Draw(t, "left"), rapid.IntRange(0, 9).Draw(t, "stuck") == 0
	}
	if w.mayCrash(t) { // and the next one hears of the death
		return
	}
	w.died(t)
}

// died tells the supervisor of the death of its process.
func (w *model) died(t *rapid.T) {
	code := rapid.SampledFrom([]int{0, 1, 75, 125, 255}).Draw(t, "code")
	w.in.wait = syscall.WaitStatus(code << 8)
	if rapid.Bool().Draw(t, "killed") {
		w.in.wait = syscall.WaitStatus(syscall.SIGKILL)
	}
	if w.finish && w.in.wait == 125<<8 && w.m.state != stVanished {
		w.want = false
	}
	w.do(t, evDied)
}

func (w *model) letter(t *rapid.T) {
	letter := rapid.SampledFrom([]byte("abqhkti12ypPcCKrludoUDOQx")).Draw(t, "letter")
	e, known := eventOf(letter)
	if !known {
		t.Fatalf("letter %q has no event", letter)
	}
	if w.m.state != stVanished {
		switch letter {
		case 'u', 'U':
			w.want = true
		case 'd', 'D', 'o', 'O', 'Q':
			w.want = false
		}
	}
	w.in.letter = letter
	w.do(t, e)
}

func TestTheMachineAgreesWithTheModel(t *testing.T) {
	clause.Proves(t, "SUP-14", "SUP-93", "SUP-97")
	rapid.Check(t, func(t *rapid.T) { life(t, false) })
}

// The supervisor dies between any two of its steps, and its successor finds what it left.
func TestModelOfASupervisorThatDies(t *testing.T) {
	clause.Proves(t, "SUP-114")
	rapid.Check(t, func(t *rapid.T) { life(t, true) })
}

func life(t *rapid.T, crashes bool) {
	t.Helper()
	w := &model{
		in: input{now: epoch(), config: defaults(), jitter: 1}, want: rapid.Bool().Draw(t, "want"),
		clock: clock{epoch(), time.Hour}, crashes: crashes,
	}
	w.in.config.KillTimeout = rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "timeout-kill")
	w.in.config.Leftovers = rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "timeout-leftovers")
	w.m = newMachine(epoch(), w.want)
	w.save()
	for range rapid.IntRange(1, 60).Draw(t, "steps") {
		if w.ended {
			return
		}
		w.in.now = w.in.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
		switch rapid.IntRange(0, 9).Draw(t, "what") {
		case 0, 1, 2, 3, 4:
			w.letter(t)
		case 5, 6:
			w.dies(t)
		case 7:
			w.in.frozen = w.in.frozen || rapid.IntRange(0, 9).Draw(t, "freeze") == 0
			w.do(t, rapid.SampledFrom([]event{evNewline, evStable, evExpire}).Draw(t, "event"))
		case 8:
			if !w.m.timer.IsZero() && !w.m.timer.After(w.in.now) {
				w.do(t, evTimer)
			}
		default:
			if rapid.IntRange(0, 9).Draw(t, "rare") == 0 {
				e := rapid.SampledFrom([]event{evStop, evVanish, evVanishLogger}).Draw(t, "end")
				w.want = w.want && (e == evVanishLogger || w.finish || w.m.state == stDown)
				w.do(t, e)
			}
		}
		w.recover(t)
		ends := slices.Contains([]state{stVanished, stLastUp, stLastFinish, stLastSweep}, w.m.state) // nothing starts any more
		if w.m.status.WantUp != w.want && !ends {
			t.Fatalf("want up %v, last intent %v", w.m.status.WantUp, w.want)
		}
	}
}

func FuzzControlBytes(f *testing.F) {
	clause.Proves(f, "SUP-20", "SUP-97")
	f.Add([]byte("udx"))
	f.Add([]byte("\x00\xffkK"))
	f.Fuzz(func(_ *testing.T, letters []byte) {
		m := newMachine(epoch(), true)
		for _, letter := range letters {
			e, known := eventOf(letter)
			if !known {
				continue
			}
			var effects []effect
			m, effects = m.step(e, input{now: epoch(), config: defaults(), letter: letter, jitter: 1})
			for _, todo := range effects {
				if todo.op == opSpawnRun {
					m, _ = m.step(evStarted, input{now: epoch(), config: defaults(), pid: runPid})
				}
			}
		}
	})
}
