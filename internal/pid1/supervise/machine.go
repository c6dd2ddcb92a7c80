package supervise

import (
	"syscall"
	"time"

	"caduceus/internal/s6"
)

// state of the machine (SUP-35).
type state uint8

const (
	stDown state = iota
	stUp
	stFinish
	stSweep      // down, and what run left is ended (SUP-120)
	stLastUp     // as up, but the supervisor is leaving
	stLastFinish // as finish, but the supervisor is leaving
	stLastSweep  // as sweep, but the supervisor is leaving
	stVanished   // the directory is gone, its process is not (SUP-56)
	states
)

// event moves the machine.
type event uint8

const (
	evTimer        event = iota
	evDied               // the own process died
	evNewline            // on the readiness pipe
	evStable             // run has been up for fastDeath
	evSignal             // letters a b q h i 1 2 y K
	evKill               // letter k
	evTerm               // letter t
	evRestart            // letter r
	evReload             // letter l
	evPause              // letters p P c C
	evOnce               // letter o
	evDown               // letter d
	evFileDown           // letter D
	evUp                 // letter u
	evFileUp             // letter U
	evUnwant             // letter O
	evFileUnwant         // letter Q
	evRelease            // letter x, release by the scandir
	evStop               // stop by the scandir
	evExpire             // the grace of the stop is over
	evVanish             // the directory vanished
	evVanishLogger       // same, of a logger: the end of its input comes first

	evStarted   // run was spawned
	evUnstarted // run was not spawned
	evRefused   // run cannot be spawned as configured
	evFinishing // finish was spawned
	evFinished  // there was no finish to spawn

	evLeft  // something is left of run
	evClear // nothing is

	evFoundRun    // a supervisor that took over: run lives
	evFoundFinish // finish lives
	evFoundNone   // nothing lives
	events
)

// action is a step of a transition.
type action uint8

const (
	acNop           action = iota
	acWant                 // want = 1
	acUnwant               // want = 0
	acTouch                // create the file down
	acUnlink               // unlink the file down
	acWrite                // write status
	acStart                // START
	acAuto                 // START if wanted, else no timer
	acStarted              // second half of START
	acRetry                // START failed: again after 1, 2, 4 … 60 s
	acDisarm               // START failed for good: no timer
	acReady                // READY
	acStop                 // STOP
	acKillAgain            // KILLAGAIN if dying
	acKillRun              // KILL to run at once, again every 5 s
	acDeath                // DEATH
	acFinishing            // DEATH goes on: finish runs
	acFinished             // DEATH goes on: no finish
	acLate                 // finish is late
	acEnd                  // END
	acExit                 // EXIT
	acExitUnwritten        // EXIT without a trace on disk
	acDrop                 // drop log pipe
	acLeave                // from now on the supervisor is leaving
	acVanish               // nothing is written from now on
	acAwaitLogger          // a logger may end by itself for a second
	acStopOrKill           // STOP, and KILL from the second time on
	acSignal               // send the letter's signal
	acPause                // same for p P c C, with the flag
	acResetBackoff         // back-off: the count is 0 again
	acClassicTimer         // back-off: the pause ends by SUP-34
	acStable               // back-off: reset after 60 s up
	acAnnounce             // tell subscribers the state again
	acResume               // START if wanted, where no timer would do it
	acMourn                // DEATH goes on: tally, spawn of finish
	acSweep                // look for what run left, and end it
	acSweepDown            // same, of a service that is down
	acSweepKill            // same, by KILL from now on
	acLeft                 // something is left: look again soon
	acClear                // nothing is left: END goes on
)

// table is the whole machine: what to do for an event in a state, in order. There is no branch
// elsewhere; an action knows only its own conditions.
//
// spec: SUP-35
func table(e event, s state) [5]action {
	type a = [5]action
	nop := a{}
	on, onFile := a{acResetBackoff, acWant, acWrite}, a{acUnlink, acResetBackoff, acWant, acWrite}
	off, offFile := a{acUnwant, acWrite}, a{acTouch, acUnwant, acWrite}
	stop, stopFile := a{acStop}, a{acTouch, acStop}
	send, sendReset, reset := a{acSignal}, a{acResetBackoff, acSignal}, a{acResetBackoff}
	await, gone := a{acVanish, acAwaitLogger}, a{acVanish, acSweepKill, acExitUnwritten}
	downWhenClear := a{acUnwant, acSweepDown, acWrite}
	return [events][states]a{
		// DOWN, UP, FINISH, SWEEP, LASTUP, LASTFINISH, LASTSWEEP, VANISHED
		evTimer:        {{acAuto}, {acKillAgain}, {acLate}, {acSweep}, {acKillAgain}, {acLate}, {acSweep, acExit}, {acStopOrKill}},
		evDied:         {nop, {acDeath}, {acEnd}, nop, {acDeath}, {acEnd, acExit}, nop, {acSweepKill, acExitUnwritten}},
		evNewline:      {nop, {acReady}, nop, nop, {acReady}, nop, nop, nop},
		evStable:       {nop, {acStable}, nop, nop, {acStable}, nop, nop, nop},
		evSignal:       {nop, send, nop, nop, send, nop, nop, nop},
		evKill:         {nop, send, nop, nop, send, nop, nop, nop},
		evTerm:         {{acClassicTimer, acResetBackoff}, sendReset, reset, reset, sendReset, reset, reset, nop},
		evRestart:      {{acClassicTimer, acResetBackoff}, sendReset, reset, reset, sendReset, reset, reset, nop},
		evReload:       {nop, send, nop, nop, send, nop, nop, nop},
		evPause:        {nop, {acPause, acWrite}, nop, nop, {acPause, acWrite}, nop, nop, nop},
		evOnce:         {{acUnwant, acWrite, acStart}, off, off, off, off, off, off, nop},
		evDown:         {downWhenClear, stop, off, off, stop, off, off, nop},
		evFileDown:     {{acTouch, acUnwant, acSweepDown, acWrite}, stopFile, offFile, offFile, stopFile, offFile, offFile, nop},
		evUp:           {{acResetBackoff, acWant, acWrite, acStart}, on, on, on, on, on, on, nop},
		evFileUp:       {{acUnlink, acResetBackoff, acWant, acWrite, acStart}, onFile, onFile, onFile, onFile, onFile, onFile, nop},
		evUnwant:       {off, off, off, off, off, off, off, nop},
		evFileUnwant:   {offFile, offFile, offFile, offFile, offFile, offFile, offFile, nop},
		evRelease:      {{acExit}, {acDrop, acLeave}, {acDrop, acLeave}, {acDrop, acLeave}, {acDrop}, {acDrop}, {acDrop}, nop},
		evStop:         {{acExit}, {acStop, acLeave}, {acDrop, acLeave}, {acDrop, acLeave}, stop, nop, nop, nop},
		evExpire:       {nop, {acKillRun}, nop, {acSweepKill}, {acKillRun}, nop, {acSweepKill}, {acKillRun}},
		evVanish:       {{acExitUnwritten}, {acVanish, acStop}, {acVanish, acKillRun}, gone, {acVanish, acStop}, {acVanish, acKillRun}, gone, nop},
		evVanishLogger: {{acExitUnwritten}, await, await, gone, await, await, gone, nop},

		evStarted:   {{acStarted}, nop, nop, nop, nop, nop, nop, nop},
		evUnstarted: {{acRetry}, nop, nop, nop, nop, nop, nop, nop},
		evRefused:   {{acDisarm}, nop, nop, nop, nop, nop, nop, nop},
		evFinishing: {nop, {acFinishing}, nop, nop, {acFinishing}, nop, nop, nop},
		evFinished:  {nop, {acFinished}, nop, nop, {acFinished, acExit}, nop, nop, nop},
		evLeft:      {{acLeft}, nop, nop, {acLeft}, nop, nop, {acLeft}, nop},
		evClear:     {nop, nop, nop, {acClear}, nop, nop, {acClear, acExit}, nop},

		evFoundRun:    {{acStarted}, {acAnnounce}, nop, nop, {acAnnounce}, nop, nop, nop},
		evFoundFinish: {nop, {acFinishing}, {acAnnounce}, nop, {acFinishing}, {acAnnounce}, nop, nop},
		evFoundNone:   {{acAnnounce, acResume}, {acMourn}, {acEnd}, {acAnnounce, acSweep}, {acMourn}, {acEnd, acExit}, {acAnnounce, acSweep, acExit}, {acExitUnwritten}},
	}[e][s]
}

// eventOf is the event of a control letter; unknown bytes have none.
func eventOf(letter byte) (event, bool) {
	switch letter {
	case 'a', 'b', 'q', 'h', 'i', '1', '2', 'y', 'K':
		return evSignal, true
	case 'k':
		return evKill, true
	case 't':
		return evTerm, true
	case 'r':
		return evRestart, true
	case 'l':
		return evReload, true
	case 'p', 'P', 'c', 'C':
		return evPause, true
	case 'o':
		return evOnce, true
	case 'd':
		return evDown, true
	case 'D':
		return evFileDown, true
	case 'u':
		return evUp, true
	case 'U':
		return evFileUp, true
	case 'O':
		return evUnwant, true
	case 'Q':
		return evFileUnwant, true
	case 'x':
		return evRelease, true
	}
	return 0, false
}

// machine is one service: its state and all that its decisions depend on. It is a value: step returns
// the next one and what is to be done.
type machine struct {
	state  state
	status s6.Status

	timer      time.Time // of evTimer; zero: off
	stableAt   time.Time // of evStable; zero: off
	dying      bool      // stopped, KILL is due
	asked      string    // signal letters sent since the start of run
	ready      time.Time // when run became ready; zero: it did not
	start      time.Time // of run
	end        time.Time // when the service was down-ready
	backoff    backoff
	counted    bool      // the last death was a fast one
	backingOff bool      // the timer is that of the back-off
	run        int       // pid of the last run
	sweeping   time.Time // since when what run left is being ended; zero: nothing is
	killing    time.Time // since when by KILL; zero: it is not
	pending    string    // events that wait until nothing is left
	unstarted  int       // starts in a row that failed
}

// input is what an event brings.
type input struct {
	now    time.Time
	config s6.Config
	letter byte               // of the letter events
	pid    int                // of evStarted, evFinishing
	wait   syscall.WaitStatus // of evDied
	frozen bool               // no START any more
	jitter float64            // 0.9 to 1.1, factor of a pause
}

// newMachine is the first state of a supervisor: down, not started yet, with a timer that is due.
//
// spec: SUP-15
func newMachine(now time.Time, want bool) machine {
	return machine{
		status: s6.Status{Stamp: now, ReadyStamp: now, WantUp: want, Ready: true, NotStarted: true},
		timer:  now,
	}
}

// step obeys one event.
func (m machine) step(e event, in input) (machine, []effect) {
	var t transition
	t.machine, t.in = m, in
	for _, a := range table(e, m.state) {
		t.do(a)
	}
	return t.machine, t.effects
}
