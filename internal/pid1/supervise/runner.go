package supervise

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"caduceus/internal/pid1/leftovers"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/output"
	"caduceus/internal/pid1/pipes"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/s6"
)

// Pauses of the runner.
const (
	setupPause   = time.Second
	setupLongest = 60 * time.Second
	adoptPause   = time.Second
)

// runner obeys the machine of one service.
type runner struct {
	*Service
	m         machine
	files     *files
	letters   chan []byte       // from the control fifo
	child     *proc.Child       // the process that moves the machine
	isFinish  bool              // child is finish
	found     bool              // the machine has yet to learn of child
	taken     bool              // run counts as ready: nobody could say so any more
	killed    bool              // child was sent KILL by this init
	oomKills  uint64            // of the cgroup when child was started
	cause     s6.Cause          // why the last run ended
	config    s6.Config         // as read for the last START
	latest    s6.Config         // as read last
	warned    []string          // warnings about the config that were logged
	failures  map[string]string // what each file's last access failed of
	pipe      *readyPipe
	prefixers [2]*output.Prefixer // of stdout and stderr
	dropped   bool
	over      bool
	termed    map[leftovers.ID]bool // what run left and was sent TERM

	clock      clock  // of the record
	saved      string // the record as it was written last
	childStart int64  // start time of child
	logInode   uint64 // of the log pipe
}

// run is the supervisor: it ends with the service's last process.
func (s *Service) run() {
	r := &runner{Service: s, letters: make(chan []byte), failures: map[string]string{}}
	if r.opt.Record {
		r.clock, r.logInode = newClock(r.opt.Now()), pipes.Inode(r.opt.Pipe)
	}
	defer s.end()
	defer r.cleanup()
	if !r.setup() {
		return
	}
	go readLetters(r.files.reader, r.letters, s.done)
	for r.guarded() {
		<-time.After(adoptPause)
		r.found = true
	}
}

// guarded loops, and reports whether it was a panic that ended the loop.
//
// spec: SUP-90
func (r *runner) guarded() (panicked bool) {
	defer func() {
		if v := recover(); v != nil {
			panicked = true
			r.errorf("panic: %v; going on in %v: %.2000s", v, adoptPause, debug.Stack())
		}
	}()
	r.loop()
	return false
}

// setup opens the files, again and again until it can (SUP-12). It reports
// false if the supervisor is to end before.
func (r *runner) setup() bool {
	for pause := setupPause; ; pause = min(2*pause, setupLongest) {
		var err error
		r.opt.Procs.Work(func() { err = r.trySetup() })
		if err == nil {
			return true
		}
		r.warnf("cannot supervise: %v; next try in %v", err, pause)
		if !r.waitRetry(pause) {
			return false
		}
	}
}

func (r *runner) trySetup() error {
	f, err := openFiles(r.opt.Dir)
	if err != nil {
		return err
	}
	want := !f.service.Exists(s6.DownFile)
	if r.opt.Adopt {
		var resumed bool
		if resumed, want, err = r.resume(f); err != nil {
			f.close()
		}
		if resumed || err != nil {
			return err
		}
	}
	if err := f.clean(); err != nil {
		r.warnf("cannot clean up: %v", err)
	}
	r.files = f
	r.m = newMachine(r.opt.Now(), want)
	r.try(s6.RecordFile, r.save())
	r.write()
	r.notify(s6.EventStarted)
	return nil
}

// waitRetry waits for the next try; false means that there is none.
func (r *runner) waitRetry(pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return true
		case <-r.orders.waiting:
		}
		if retried, ended := r.orders.await(); retried || ended {
			return !ended
		}
	}
}

// readLetters hands over what is written to the control fifo.
func readLetters(control *os.File, letters chan<- []byte, done <-chan struct{}) {
	for {
		batch := make([]byte, 256)
		n, err := control.Read(batch)
		if err != nil {
			return // closed: the supervisor has ended
		}
		select {
		case letters <- batch[:n]:
		case <-done:
			return
		}
	}
}

func (r *runner) loop() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	r.opt.Procs.Work(func() {
		if r.found {
			r.found = false
			r.find()
		}
		r.obeyOrders() // those from before the setup
	})
	for !r.over {
		timer.Reset(r.untilDue())
		r.opt.Procs.Work(r.next(timer.C))
	}
}

// next waits until there is something to do.
func (r *runner) next(due <-chan time.Time) (do func()) {
	select {
	case <-r.childDone():
		return r.reap
	case ready := <-r.pipe.newline():
		return func() {
			if ready {
				r.step(evNewline, input{})
			}
			r.pipe.drop()
		}
	case batch := <-r.letters:
		return func() {
			r.reap()
			r.obeyLetters(string(batch))
		}
	case <-r.orders.waiting:
		return func() {
			r.reap()
			r.obeyOrders()
		}
	case <-due:
		return r.tick
	}
}

// untilDue is the time to the next deadline of the machine.
func (r *runner) untilDue() time.Duration {
	due := time.Duration(1<<63 - 1)
	for _, at := range []time.Time{r.m.timer, r.m.stableAt} {
		if !at.IsZero() {
			due = min(due, at.Sub(r.opt.Now()))
		}
	}
	return max(due, 0)
}

func (r *runner) tick() {
	due := func(at time.Time) bool { return !at.IsZero() && !r.opt.Now().Before(at) }
	if due(r.m.stableAt) {
		r.step(evStable, input{})
	}
	if due(r.m.timer) {
		r.step(evTimer, input{})
	}
}

func (r *runner) childDone() <-chan struct{} {
	if r.child == nil {
		return nil
	}
	return r.child.Done()
}

// reap handles the death of the own process, if there is one: a newline in the
// readiness pipe first (SUP-23). A directory that vanished overrides the death.
func (r *runner) reap() {
	select {
	case <-r.childDone():
	default:
		return
	}
	if r.orders.has(order.vanishes) {
		r.obeyOrders()
	}
	if r.pipe.drain() {
		r.step(evNewline, input{})
	}
	ws := r.child.Status()
	if r.cause = r.causeOf(ws); r.cause == s6.OutOfMemory {
		r.warnf("killed for want of memory (OOM)")
	}
	r.step(evDied, input{wait: ws})
}

func (r *runner) obeyLetters(letters string) {
	for i := 0; i < len(letters) && !r.over; i++ {
		if e, known := eventOf(letters[i]); known {
			r.step(e, input{letter: letters[i]})
		}
	}
}

func (r *runner) obeyOrders() {
	for _, o := range r.orders.take() {
		switch {
		case r.over || o.retry || o.wake && !r.mayWake():
		case o.wake:
			r.step(evTimer, input{})
		case o.letters != "":
			r.obeyLetters(o.letters)
		default:
			r.step(o.event, input{})
		}
	}
}

// step gives the machine an event and does what follows from it.
func (r *runner) step(e event, in input) {
	in.now = r.opt.Now()
	in.config = r.configFor(e)
	in.frozen = r.opt.Frozen()
	in.jitter = 0.9 + rand.Float64()/5
	next, effects := r.m.step(e, in)
	r.m = next
	if e == evDied {
		r.child = nil // from here on the machine knows
	}
	r.try(s6.RecordFile, r.save())
	for _, todo := range effects {
		r.obey(todo, in)
	}
}

func (r *runner) obey(e effect, in input) {
	switch e.op {
	case opWrite:
		r.write()
	case opNotify:
		r.notify(e.text)
	case opSignal:
		r.signal(e.signal, (*proc.Child).Signal)
	case opSignalGroup:
		r.signal(e.signal, (*proc.Child).SignalGroup)
	case opSpawnRun:
		r.spawnRun()
	case opSpawnFinish:
		r.spawnFinish()
	case opClosePipe:
		r.pipe.drop()
	case opTally:
		r.tally(in)
	case opTouchDown:
		r.try(s6.DownFile, r.files.touchDown())
	case opUnlinkDown:
		r.try(s6.DownFile, r.files.service.Remove(s6.DownFile))
	case opDropLog:
		r.dropLog()
	case opSaveBackoff:
		r.try(s6.BackoffFile, replace(r.files.supervise, s6.BackoffFile, e.backoff.Encode()))
	case opClearBackoff:
		r.try(s6.BackoffFile, r.files.supervise.Remove(s6.BackoffFile))
	case opSweep:
		r.sweep(e.signal, e.keep)
	case opSaveFailure:
		r.saveFailure(e.failure)
	case opClearFailure:
		r.try(s6.UnstartedFile, r.files.supervise.Remove(s6.UnstartedFile))
	case opNotice:
		r.warnf("%s", e.text)
	case opOver:
		r.forget()
		r.over = true
	}
}

// write publishes the status, on disk before anywhere else.
func (r *runner) write() {
	r.try(s6.StatusFile, rewrite(r.files.supervise, s6.StatusFile, r.m.status.Encode()))
	r.publish(r.m.status)
}

func (r *runner) notify(letters string) {
	r.try(s6.EventDir, notify(r.files.event, letters))
	if letters == s6.EventFailed+s6.EventDownReady {
		r.fail()
	}
}

func (r *runner) signal(sig syscall.Signal, send func(*proc.Child, syscall.Signal) error) {
	if r.child == nil {
		return
	}
	r.killed = r.killed || sig == syscall.SIGKILL
	if err := send(r.child, sig); err != nil && !errors.Is(err, proc.ErrGone) {
		r.warnf("%v", err)
	}
}

// try logs that an access to a file failed, once for each cause; what comes next
// makes it good (SUP-14).
func (r *runner) try(file string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != r.failures[file] {
		r.warnf("%s", text)
	}
	r.failures[file] = text
}

func (r *runner) warnf(format string, a ...any) {
	r.opt.Log.Warnf("%s: %s", log.Name(r.opt.Name), fmt.Sprintf(format, a...))
}

// note warns of what a prefixer has to say.
func (r *runner) note(text string) { r.warnf("%s", text) }

func (r *runner) errorf(format string, a ...any) {
	r.opt.Log.Errorf("%s: %s", log.Name(r.opt.Name), fmt.Sprintf(format, a...))
}

func (r *runner) dropLog() {
	if !r.dropped && r.opt.Pipe != nil && r.opt.Drop != nil {
		r.opt.Drop()
	}
	r.dropped = true
}

func (r *runner) cleanup() {
	r.pipe.drop()
	for _, p := range r.prefixers {
		p.Close()
	}
	r.dropLog()
	if r.files != nil {
		r.files.close()
	}
}
