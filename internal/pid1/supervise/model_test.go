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
}

func (w *model) do(t *rapid.T, e event) {
	next, effects := w.m.step(e, w.in)
	w.m = next
	written := false
	for _, todo := range effects {
		switch todo.op {
		case opWrite:
			written = true
			if pid := w.m.status.Pid; pid != w.pid {
				t.Fatalf("status has pid %d, alive is %d", pid, w.pid)
			}
		case opNotify:
			if !written && todo.text != "x" {
				t.Fatalf("event %q before its write", todo.text)
			}
		case opSpawnRun:
			if w.pid != 0 {
				t.Fatalf("run spawned beside pid %d", w.pid)
			}
			w.spawn(t, false, evStarted, evUnstarted)
		case opSpawnFinish:
			w.spawn(t, true, evFinishing, evFinished)
		case opOver:
			w.ended = true
		}
	}
	if w.pid == 0 && !w.ended && w.m.state != stDown {
		t.Fatalf("nothing lives in state %s", stateNames()[w.m.state])
	}
}

func (w *model) spawn(t *rapid.T, finish bool, ok, failed event) {
	if rapid.IntRange(0, 9).Draw(t, "spawn") == 0 {
		w.do(t, failed)
		return
	}
	w.last++
	w.pid, w.finish, w.in.pid = w.last, finish, w.last
	w.do(t, ok)
}

func (w *model) dies(t *rapid.T) {
	if w.pid == 0 {
		return
	}
	code := rapid.SampledFrom([]int{0, 1, 75, 125, 255}).Draw(t, "code")
	w.in.wait = syscall.WaitStatus(code << 8)
	if rapid.Bool().Draw(t, "killed") {
		w.in.wait = syscall.WaitStatus(syscall.SIGKILL)
	}
	if w.finish && w.in.wait == 125<<8 && w.m.state != stVanished {
		w.want = false
	}
	w.pid = 0
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
	rapid.Check(t, func(t *rapid.T) {
		w := &model{in: input{now: epoch(), config: defaults(), jitter: 1}, want: rapid.Bool().Draw(t, "want")}
		w.in.config.KillTimeout = rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "timeout-kill")
		w.m = newMachine(epoch(), w.want)
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
			ends := slices.Contains([]state{stVanished, stLastUp}, w.m.state)
			if w.m.status.WantUp != w.want && !ends {
				t.Fatalf("want up %v, last intent %v", w.m.status.WantUp, w.want)
			}
		}
	})
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
