package supervise

import (
	"strings"
	"syscall"
	"time"

	"caduceus/internal/s6"
)

// Pauses between two looks at what run left, and how long KILL may take until it is given up.
const (
	firstLook   = 20 * time.Millisecond
	longestLook = 250 * time.Millisecond
	lookShare   = 8 // of the time since the first look, one part in so many
	killGrace   = 5 * time.Second
)

// doSweep is the part of do that ends what run left.
//
// spec: SUP-120
func (t *transition) doSweep(a action) {
	switch a {
	case acSweep:
		t.sweep()
	case acSweepDown:
		if t.in.config.Leftovers > 0 {
			t.out(effect{op: opSweep, signal: syscall.SIGTERM})
		}
	case acSweepKill:
		if t.in.config.Leftovers > 0 {
			t.kill()
		}
	case acLeft:
		t.left()
	case acClear:
		t.clear()
	}
}

// runIsOver is END: letters are the events of it. What is left of run ends first, where the service wants that.
func (t *transition) runIsOver(letters string) {
	if t.in.config.Leftovers == 0 {
		t.downReady(letters)
		return
	}
	if t.pending == "" {
		t.pending = letters
	}
	t.state += stSweep - stFinish
	if t.state == stFinish || t.state == stLastFinish { // there was no finish
		t.state += stSweep - stFinish
	}
	t.after(0)
	t.sweep()
}

// sweep looks for what is left: TERM, then KILL, then the service goes on in spite of it.
func (t *transition) sweep() {
	if t.in.config.Leftovers == 0 { // not any more
		t.clear()
		return
	}
	switch {
	case !t.killing.IsZero() && t.in.now.Sub(t.killing) >= killGrace:
		t.out(effect{op: opNotice, text: "cannot end all that it left: going on"})
		t.clear()
	case !t.killing.IsZero() || !t.sweeping.IsZero() && t.in.now.Sub(t.sweeping) >= t.in.config.Leftovers:
		t.kill()
	default:
		t.out(effect{op: opSweep, signal: syscall.SIGTERM, keep: t.keeps()})
	}
}

// kill ends what is left without asking.
func (t *transition) kill() {
	if t.killing.IsZero() {
		t.killing = t.in.now
	}
	t.out(effect{op: opSweep, signal: syscall.SIGKILL, keep: t.keeps()})
}

// keeps reports whether the service will be back, and look for what it lists.
func (t *transition) keeps() bool { return t.state == stSweep && t.status.WantUp && !t.in.frozen }

// left: the service is down, but not ready to start again.
func (t *transition) left() {
	if t.state == stDown {
		t.state, t.pending = stSweep, s6.EventDownReady
	}
	first := t.sweeping.IsZero()
	if first {
		t.sweeping = t.in.now
	}
	t.after(min(max(t.in.now.Sub(t.sweeping)/lookShare, firstLook), longestLook))
	if !first {
		return
	}
	s := &t.status
	s.Pid, s.PGID, s.Finishing, s.Ready = 0, 0, false, false
	t.write()
	if rest, found := strings.CutPrefix(t.pending, s6.EventDown); found {
		t.notify(s6.EventDown)
		t.pending = rest
	}
}

// clear: nothing is left, and END goes on.
func (t *transition) clear() {
	letters := t.pending
	t.pending, t.sweeping, t.killing = "", time.Time{}, time.Time{}
	if t.state == stLastSweep {
		t.state = stLastFinish
	}
	t.downReady(letters)
}
