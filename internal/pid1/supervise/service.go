package supervise

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"caduceus/internal/held"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/s6"
)

// Errors of Wait.
var (
	ErrEnded  = errors.New("supervisor has ended")
	ErrFailed = errors.New("service failed for good")
)

// Options of a supervisor.
type Options struct {
	Dir            *held.Dir // held service directory; stays the caller's
	Name           string    // NAME: "foo", or "foo/log"
	Procs          *proc.Table
	Log            log.Logger
	Environ        func() []string // environment of run and finish
	Stdin          *os.File        // /dev/null
	Stdout, Stderr *os.File
	OutputLock     *sync.Mutex    // of the services that share Stdout and Stderr; nil: it has one
	Pipe           *os.File       // log pipe: stdout, or stdin of a logger; nil: none
	Logger         bool           // this is the reader of Pipe
	Drop           func()         // Pipe is not used any more; called once; may be nil
	Frozen         func() bool    // no START any more; nil: never
	Admit          func() error   // whether run may be started now; nil: it may
	Started        func()         // run was started; called by the supervisor, must not wait for it; nil: nobody cares
	Ended          func(*Service) // the supervisor has ended; called by its last goroutine, after Gone; nil: nobody cares
	Now            func() time.Time
	OOMKills       func() uint64 // of the cgroup; nil: as the kernel counts them
	// Record keeps in supervise/ what a successor needs, should this process die. Programs are started through
	// this program then: its main leads to proc.ExecMain.
	Record bool
	Adopt  bool // with Record: go on where another process stopped that kept records
}

// Cond is a state that Wait can wait for.
type Cond uint8

// The conditions of Wait.
const (
	Up         Cond = iota // run is alive
	Ready                  // up, and it has notified readiness
	Down                   // run is dead
	DownReady              // down, and finish is over
	Gone                   // the supervisor has ended
	Supervised             // its first status is written: it can be asked
)

// Service is a supervised service directory. Its methods never block, but for
// Wait.
type Service struct {
	opt    Options
	orders orderBox
	done   chan struct{}

	mu        sync.Mutex
	status    s6.Status
	known     bool          // status was written
	failed    bool          // O was the last word
	unstarted error         // why the last START since Command or a write failed
	ups       int           // starts of run
	readies   int           // times that run became ready
	changed   chan struct{} // closed at the next change
	started   time.Time     // of the supervisor
}

// Start starts a supervisor.
func Start(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OOMKills == nil {
		o.OOMKills = oomKills
	}
	if o.OutputLock == nil {
		o.OutputLock = new(sync.Mutex)
	}
	if o.Frozen == nil {
		o.Frozen = func() bool { return false }
	}
	now := o.Now()
	s := &Service{
		opt:     o,
		orders:  orderBox{waiting: make(chan struct{}, 1)},
		done:    make(chan struct{}),
		status:  s6.Status{Stamp: now, ReadyStamp: now, Ready: true, NotStarted: true},
		changed: make(chan struct{}),
		started: now,
	}
	go s.run()
	return s
}

// Name is the NAME of the service.
func (s *Service) Name() string { return s.opt.Name }

// Started is when the supervisor started.
func (s *Service) Started() time.Time { return s.started }

// Done is closed when the supervisor has ended.
func (s *Service) Done() <-chan struct{} { return s.done }

// Command obeys letters as if they had been written to supervise/control.
func (s *Service) Command(letters string) {
	s.mu.Lock()
	s.failed, s.unstarted = false, nil // what comes next counts
	s.mu.Unlock()
	s.orders.put(order{letters: letters})
}

// Stop is the scandir's stop: down, then the supervisor ends.
func (s *Service) Stop() { s.orders.put(order{event: evStop}) }

// Release lets the supervisor end when its service does.
func (s *Service) Release() { s.orders.put(order{event: evRelease}) }

// Expire kills a run that was stopped, now and every 5 s.
func (s *Service) Expire() { s.orders.put(order{event: evExpire}) }

// Vanish is for a service directory that is gone: its service is stopped at once, a logger after a
// second. Nothing is written any more.
func (s *Service) Vanish() {
	if s.opt.Logger {
		s.orders.put(order{event: evVanishLogger})
		return
	}
	s.orders.put(order{event: evVanish})
}

// RetrySetup tries a setup that failed again, without delay.
func (s *Service) RetrySetup() { s.orders.put(order{retry: true}) }

// Wake tries a START that failed again, without delay.
func (s *Service) Wake() { s.orders.put(order{wake: true}) }

// Status is the state as last written to supervise/status.
func (s *Service) Status() s6.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Wait returns nil as soon as cond holds; Up and Ready also if they held for an
// instant since the call. Callers may test ErrEnded and
// ErrFailed, which end a wait for Up or Ready as a START that fails does, and
// the errors of ctx.
func (s *Service) Wait(ctx context.Context, cond Cond) error {
	s.mu.Lock()
	before := s.times(cond)
	s.mu.Unlock()
	for {
		ok, changed, err := s.check(cond, before)
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-s.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// times is how often Up or Ready came true. The caller holds s.mu.
func (s *Service) times(cond Cond) int {
	switch cond {
	case Up:
		return s.ups
	case Ready:
		return s.readies
	default:
		return 0
	}
}

func (s *Service) check(cond Cond, before int) (bool, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wantsUp := cond == Up || cond == Ready
	select {
	case <-s.done:
		if wantsUp {
			return false, nil, ErrEnded
		}
		return true, nil, nil
	default:
	}
	if wantsUp && s.failed {
		return false, nil, ErrFailed
	}
	if wantsUp && s.unstarted != nil {
		return false, nil, s.unstarted
	}
	if cond == Supervised {
		return s.known, s.changed, nil
	}
	return holds(cond, s.status) || s.times(cond) > before, s.changed, nil
}

func holds(cond Cond, st s6.Status) bool {
	switch cond {
	case Up:
		return st.Up()
	case Ready:
		return st.Up() && st.Ready
	case Down:
		return !st.Up()
	case DownReady:
		return st.Pid == 0 && st.Ready
	default:
		return false
	}
}

// publish makes a new status known to those who wait.
func (s *Service) publish(st s6.Status) {
	s.change(func() {
		if st.Up() && !s.status.Up() {
			s.ups++
		}
		if holds(Ready, st) && !holds(Ready, s.status) {
			s.readies++
		}
		s.failed = s.failed && !st.WantUp && !st.Up()
		s.status, s.known, s.unstarted = st, true, nil
	})
}

// fail makes a permanent failure known.
func (s *Service) fail() { s.change(func() { s.failed = true }) }

// startFailure is why the last START failed, in words.
func (s *Service) startFailure() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unstarted == nil {
		return ""
	}
	return s.unstarted.Error()
}

// unstart makes it known that run could not be started; the status stays.
func (s *Service) unstart(err error) { s.change(func() { s.unstarted = err }) }

func (s *Service) change(what func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what()
	close(s.changed)
	s.changed = make(chan struct{})
}

// end says that the supervisor has ended.
func (s *Service) end() {
	close(s.done)
	if s.opt.Ended != nil {
		s.opt.Ended(s)
	}
}
