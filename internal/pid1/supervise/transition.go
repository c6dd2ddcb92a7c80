package supervise

import (
	"strings"
	"syscall"
	"time"

	"caduceus/internal/s6"
)

// launch is START up to the spawn, unless the stop forbids it.
func (t *transition) launch() {
	t.after(0)
	if !t.in.frozen {
		t.out(effect{op: opSpawnRun})
	}
}

func (t *transition) started() {
	t.state = stUp
	t.status.Pid, t.status.PGID = t.in.pid, t.in.pid
	t.status.Ready = false
	t.status.Stamp = t.in.now
	t.start, t.ready, t.asked, t.run = t.in.now, time.Time{}, "", t.in.pid
	t.backingOff = false
	t.forgetFailures()
	t.stableAt = t.in.now.Add(fastDeath)
	t.write()
	t.notify(s6.EventUp)
}

// retry arms the timer after a start that failed.
//
// spec: SUP-28
func (t *transition) retry() {
	t.after(min(retryLongest, retryFirst<<min(t.unstarted, 30)))
	t.failed()
}

// failed counts a start that failed, and publishes when the next one is.
func (t *transition) failed() {
	t.unstarted++
	f := s6.StartFailure{Tries: t.unstarted, Next: t.timer}
	if !t.timer.IsZero() {
		f.Delay = t.timer.Sub(t.in.now)
	}
	t.out(effect{op: opSaveFailure, failure: f})
}

// forgetFailures begins anew: run was started, or somebody asked for a start.
func (t *transition) forgetFailures() {
	if t.unstarted > 0 {
		t.unstarted = 0
		t.out(effect{op: opClearFailure})
	}
}

func (t *transition) becomeReady() {
	t.ready = t.in.now
	t.status.Ready = true
	t.status.ReadyStamp = t.in.now
	t.write()
	t.notify(s6.EventReady)
	t.out(effect{op: opClosePipe})
}

// signal sends what the letter stands for and remembers that it was asked for.
func (t *transition) signal() {
	letter := t.in.letter
	sig, _ := s6.SignalOf(letter)
	switch letter {
	case 'K':
		sig = syscall.SIGKILL
	case 'r':
		sig = t.in.config.DownSignal
	case 'l':
		sig = t.in.config.ReloadSignal
	}
	if !strings.ContainsRune(t.asked, rune(letter)) {
		t.asked += string(rune(letter))
	}
	t.send(sig, letter == 'K')
}

func (t *transition) pause() {
	letter := t.in.letter
	t.status.Paused = letter == 'p' || letter == 'P'
	sig := syscall.SIGCONT
	if t.status.Paused {
		sig = syscall.SIGSTOP
	}
	t.send(sig, letter == 'P' || letter == 'C')
}

func (t *transition) stop() {
	t.status.WantUp = false
	t.send(t.in.config.DownSignal, false)
	t.send(syscall.SIGCONT, false)
	t.status.Paused = false
	t.write()
	grace := t.in.config.KillTimeout
	if t.state == stVanished && grace == 0 {
		grace = vanishGrace
	}
	t.dying = grace > 0
	t.after(grace)
}

func (t *transition) killRun() {
	group := t.in.config.KillGroup
	t.send(syscall.SIGKILL, group)
	t.send(syscall.SIGCONT, group)
	t.status.Paused = false
	t.write()
	t.dying = true
	t.after(againAfter)
}

// death is DEATH up to the spawn of finish.
func (t *transition) death() {
	s := &t.status
	lived := t.in.now.Sub(t.start)
	t.counted = isFast(s.WantUp, lived, t.in.wait, t.asked, t.in.config.RestartMax)
	if t.counted {
		t.backoff.fails++
	}
	s.Wait = t.in.wait
	s.Paused, s.Ready, t.dying = false, false, false
	s.Stamp = t.in.now
	t.stableAt = time.Time{}
	t.after(0)
	t.mourn()
}

// mourn is what a death asks for outside of the machine. A supervisor that takes over does it again.
func (t *transition) mourn() {
	t.out(effect{op: opClosePipe})
	t.out(effect{op: opTally})
	t.out(effect{op: opSpawnFinish})
}

// announce sends the events that led to this state: whoever waits for one may have missed it.
func (t *transition) announce() {
	switch {
	case t.status.NotStarted || strings.HasPrefix(t.pending, s6.EventDown): // that is to come
	case t.status.Finishing || t.pending != "":
		t.notify(s6.EventDown)
	case t.status.Pid == 0:
		t.notify(s6.EventDown + s6.EventDownReady)
	case t.status.Ready:
		t.notify(s6.EventUp + s6.EventReady)
	default:
		t.notify(s6.EventUp)
	}
}

func (t *transition) finishing() {
	t.state += stFinish - stUp
	t.status.Pid, t.status.PGID = t.in.pid, t.in.pid
	t.status.Finishing = true
	t.write()
	t.notify(s6.EventDown)
	t.after(t.in.config.FinishTimeout)
}

// exit ends the supervisor, but not before what run left has ended.
func (t *transition) exit() {
	if t.state != stLastSweep {
		t.notify(s6.EventExit)
		t.out(effect{op: opOver})
	}
}

// late: finish has used up timeout-finish.
func (t *transition) late() {
	t.send(syscall.SIGCONT, false)
	t.status.Paused = false
	t.write()
	t.send(syscall.SIGKILL, false)
	t.out(effect{op: opNotice, text: "finish takes too long: killed"})
	t.after(againAfter)
}

func (t *transition) endFinish() {
	letters := s6.EventDownReady
	if t.in.wait.Exited() && t.in.wait.ExitStatus() == exitPermFail {
		t.status.WantUp = false
		letters = s6.EventFailed + s6.EventDownReady
	}
	t.runIsOver(letters)
}

// downReady: nothing of the service lives any more.
func (t *transition) downReady(letters string) {
	if t.state == stUp || t.state == stFinish || t.state == stSweep {
		t.state = stDown
	}
	s := &t.status
	s.Pid, s.PGID, s.Finishing, s.Ready = 0, 0, false, true
	s.ReadyStamp = t.in.now
	t.end = t.in.now
	t.write()
	t.notify(letters)
	t.schedule()
}

// schedule arms the timer of the next start by SUP-34, or by SUP-41 in a crash loop.
func (t *transition) schedule() {
	next := classicNext(t.in.now, t.ready, t.end)
	t.timer = next
	if t.state != stDown || !t.status.WantUp || !t.counted || !t.backoff.looping() {
		return
	}
	pause := pauseOf(t.backoff.fails, t.in.config.RestartMax)
	if late := t.in.now.Add(time.Duration(float64(pause) * t.in.jitter)); late.After(next) {
		next = late
	}
	t.timer, t.backingOff = next, true
	delay := next.Sub(t.in.now)
	t.out(effect{op: opSaveBackoff, backoff: s6.Backoff{Fails: t.backoff.fails, Delay: delay, Next: next}})
	if pause != t.backoff.delay {
		t.out(effect{op: opNotice, text: crashLine(t.backoff.fails, t.status.Wait, delay, next)})
	}
	t.backoff.delay = pause
}

// forgive forgets the fast deaths.
func (t *transition) resetBackoff(cause string) {
	if t.backoff.looping() {
		t.out(effect{op: opClearBackoff})
		t.out(effect{op: opNotice, text: "crash loop over: " + cause})
	}
	t.backoff = backoff{}
	t.backingOff = false
}
