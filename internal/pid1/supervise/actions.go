package supervise

import (
	"syscall"
	"time"

	"caduceus/internal/s6"
)

// Pauses of the machine.
const (
	againAfter   = 5 * time.Second  // a KILL that did not help is repeated
	retryFirst   = time.Second      // after a spawn failure, doubled after each (SUP-28)
	retryLongest = 60 * time.Second // of these
	vanishGrace  = 3 * time.Second  // from STOP to KILL without timeout-kill (SUP-56)
	loggerGrace  = time.Second      // of a logger whose input has ended (SUP-56)
	exitPermFail = 125              // of finish: do not restart
)

// op is a kind of effect.
type op uint8

const (
	opWrite        op = iota // write the status
	opNotify                 // send text to the subscribers
	opSignal                 // to the pid
	opSignalGroup            // to its group
	opSpawnRun               // reports evStarted, evUnstarted or evRefused
	opSpawnFinish            // reports evFinishing or evFinished
	opClosePipe              // the readiness pipe
	opTally                  // add the death of the status, once
	opTouchDown              // create the file down
	opUnlinkDown             // remove it
	opDropLog                // the log pipe is not used any more
	opSaveBackoff            // write supervise/backoff
	opClearBackoff           // remove it
	opSweep                  // send the signal to what run left; reports evLeft or evClear
	opSaveFailure            // write supervise/unstarted
	opClearFailure           // remove it
	opNotice                 // log text
	opOver                   // the supervisor ends
)

// effect is one thing to do outside of the machine.
type effect struct {
	op      op
	text    string
	signal  syscall.Signal
	backoff s6.Backoff
	keep    bool            // opSweep: what leftovers-keep lists stays
	failure s6.StartFailure // without the cause, which the runner knows
}

// transition is a machine while it obeys one event.
type transition struct {
	machine
	in      input
	effects []effect
}

func (t *transition) out(e effect) { t.effects = append(t.effects, e) }

// write publishes the status. A vanished directory is not touched (SUP-56).
func (t *transition) write() {
	if t.state == stVanished {
		return
	}
	t.status.NotStarted = false
	t.out(effect{op: opWrite})
}

func (t *transition) notify(letters string) { t.out(effect{op: opNotify, text: letters}) }

func (t *transition) send(sig syscall.Signal, group bool) {
	if sig == 0 {
		return
	}
	kind := opSignal
	if group {
		kind = opSignalGroup
	}
	t.out(effect{op: kind, signal: sig})
}

// after arms the timer; no duration disarms it.
func (t *transition) after(d time.Duration) {
	t.timer = time.Time{}
	if d > 0 {
		t.timer = t.in.now.Add(d)
	}
}

func (t *transition) do(a action) {
	switch a {
	case acWant:
		t.status.WantUp = true
	case acUnwant:
		t.status.WantUp = false
	case acTouch:
		t.out(effect{op: opTouchDown})
	case acUnlink:
		t.out(effect{op: opUnlinkDown})
	case acWrite:
		t.write()
	case acStart:
		t.forgetFailures()
		t.launch()
	case acAuto:
		if t.after(0); t.status.WantUp {
			t.launch()
		}
	case acStarted:
		t.started()
	case acRetry:
		t.retry()
	case acDisarm:
		t.after(0)
		t.failed()
	case acReady:
		t.becomeReady()
	case acSignal:
		t.signal()
	case acPause:
		t.pause()
	default:
		t.doEnd(a)
	}
}

// doEnd is the half of do that ends processes and the supervisor.
func (t *transition) doEnd(a action) {
	switch a {
	case acStop:
		t.stop()
	case acKillAgain:
		if t.after(0); t.dying {
			t.killRun()
		}
	case acKillRun:
		t.killRun()
	case acDeath:
		t.death()
	case acFinishing:
		t.finishing()
	case acFinished:
		t.runIsOver(s6.EventDown + s6.EventDownReady)
	case acLate:
		t.late()
	case acEnd:
		t.endFinish()
	case acExit:
		t.exit()
	case acExitUnwritten:
		t.out(effect{op: opOver})
	case acDrop:
		t.out(effect{op: opDropLog})
	case acLeave:
		t.state += stLastUp - stUp
	case acVanish:
		t.state, t.stableAt = stVanished, time.Time{}
	case acAwaitLogger:
		t.dying = false
		t.after(loggerGrace)
	case acStopOrKill:
		if t.dying {
			t.killRun()
		} else {
			t.stop()
		}
	case acResetBackoff:
		t.resetBackoff("by command")
	case acStable:
		t.stableAt = time.Time{}
		t.resetBackoff("up for a minute")
	case acAnnounce:
		t.announce()
	case acResume:
		if t.status.WantUp && t.timer.IsZero() {
			t.timer = t.in.now
		}
	case acMourn:
		t.mourn()
	case acClassicTimer:
		if t.backingOff && t.status.WantUp {
			t.timer = classicNext(t.in.now, t.ready, t.end)
		}
	default:
		t.doSweep(a)
	}
}
