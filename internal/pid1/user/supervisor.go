package user

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/identity"
	"caduceus/internal/launch"
	"caduceus/internal/pid1/channel"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
)

// Pauses before another supervisor is started. One that was up for steadyAfter starts anew without a pause.
const (
	firstPause   = time.Second
	longestPause = time.Minute
	steadyAfter  = 10 * time.Second
)

// Pauses between two tries to tell a process something that it has no room for: it may be stopped.
const (
	firstSendPause   = 5 * time.Millisecond
	longestSendPause = time.Second
)

// startLimit is how long the first supervisor may take until its scandir is open.
const startLimit = 5 * time.Second

var (
	errGone   = errors.New("the user's supervisor has ended")
	errSilent = errors.New("the user's supervisor does not answer")
)

// Options of the user's supervisor.
type Options struct {
	Procs          *proc.Table
	Dir            string // its scandir, which belongs to hermes
	Environ        []string
	Gain           identity.Gain // what its programs may gain
	Verbosity      func() log.Level
	Log            log.Logger
	Stdout, Stderr *os.File
	Letter         func(letter byte) // a control letter that concerns the container
	Changed        func(State)       // called at each change, by one goroutine after the other; nil: nobody wants to know
	First          *Prepared         // becomes the first supervisor; nil: there is none yet
	Exec           string            // the program; "": this one
	Now            func() time.Time  // nil: time.Now
	pause          func(time.Duration) <-chan time.Time
}

// State is what PID 1 knows of the user's supervisor.
type State struct {
	Pid    int // 0: none runs
	Starts int
}

// Supervisor is PID 1's hold on the user's supervisor. Its methods are safe for concurrent use, and none waits
// for longer than its ctx.
type Supervisor struct {
	opt  Options
	over chan struct{} // closed when no further one is started

	mu       sync.Mutex
	conn     *channel.Conn // nil: none runs
	child    *proc.Child
	starts   int
	ending   bool
	frozen   bool
	links    []channel.Message
	requests map[uint32]*request
	last     uint32
}

// request waits for its answer.
type request struct {
	done  chan struct{} // closed with the answer
	err   error
	lines []channel.Message
}

// maxLines bounds what one request gathers.
const maxLines = 2 * MaxSlots

// Start starts the user's supervisor and keeps one running. It returns when the scandir is open, or cannot be in time;
// the error says why, and further tries go on.
func Start(ctx context.Context, o Options) (*Supervisor, error) {
	s := &Supervisor{opt: o.withDefaults(), over: make(chan struct{}), requests: map[uint32]*request{}}
	ready := make(chan struct{})
	go s.keep(sync.OnceFunc(func() { close(ready) }))
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	select {
	case <-ready:
		return s, nil
	case <-ctx.Done():
		return s, fmt.Errorf("the user's supervisor is not ready after %v", startLimit)
	}
}

func (o Options) withDefaults() Options {
	if o.Exec == "" {
		o.Exec = "/proc/self/exe"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.pause == nil {
		o.pause = time.After
	}
	if o.Changed == nil {
		o.Changed = func(State) {}
	}
	return o
}

// keep starts one after the other.
func (s *Supervisor) keep(ready func()) {
	defer close(s.over)
	pause := time.Duration(0)
	for {
		began := s.opt.Now()
		err := s.once(ready)
		if s.isEnding() {
			return
		}
		if s.opt.Now().Sub(began) >= steadyAfter {
			pause = 0
		}
		s.opt.Log.Warnf("the user's supervisor has ended: %v; the next one starts %s and takes its services over", err, after(pause))
		s.sleep(pause)
		pause = min(max(2*pause, firstPause), longestPause)
	}
}

func after(pause time.Duration) string {
	if pause == 0 {
		return "at once"
	}
	return "in " + pause.String()
}

// sleep waits for a pause, or until no further supervisor is to be started.
func (s *Supervisor) sleep(pause time.Duration) {
	if pause <= 0 {
		return
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	over := s.opt.pause(pause)
	for !s.isEnding() {
		select {
		case <-over:
			return
		case <-tick.C:
		}
	}
}

func (s *Supervisor) isEnding() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending
}

// once runs one supervisor until it ends, and returns how.
func (s *Supervisor) once(ready func()) error {
	conn, child, err := s.spawn()
	if err != nil {
		return err
	}
	heard := make(chan error, 1)
	go func() { heard <- s.listen(conn, ready) }()
	select {
	case <-child.Done():
	case err = <-heard: // it has closed its end, or sent something that is not a message: it is of no use any more
		_ = child.Signal(syscall.SIGKILL) // an error means that it is gone
		<-child.Done()
	}
	s.detach(conn)
	if err == nil || errors.Is(err, os.ErrClosed) || errors.Is(err, io.EOF) { // it has ended: how is in its status
		err = errors.New(launch.Ended(child.Status()))
	}
	return err
}

// spawn starts the next process, or takes the one that is there.
func (s *Supervisor) spawn() (*channel.Conn, *proc.Child, error) {
	s.mu.Lock()
	p, adopt := s.opt.First, s.starts > 0
	s.opt.First = nil
	s.mu.Unlock()
	if p == nil {
		var err error
		if p, err = s.opt.prepare(adopt); err != nil {
			return nil, nil, err
		}
	}
	s.attach(p.conn, p.child)
	return p.conn, p.child, nil
}

// attach makes a new process the one that is talked to.
func (s *Supervisor) attach(conn *channel.Conn, child *proc.Child) {
	s.mu.Lock()
	s.conn, s.child = conn, child
	s.starts++
	first := append([]channel.Message{{Kind: channel.Open, Number: int64(s.opt.Verbosity())}}, s.links...)
	if s.frozen {
		first = append(first, channel.Message{Kind: channel.Freeze})
	}
	state := State{Pid: child.Pid(), Starts: s.starts}
	s.mu.Unlock()
	for _, m := range first {
		_ = conn.Send(m) // a new channel has room
	}
	s.opt.Changed(state)
	go s.passOn(conn, child)
}

// passOn sends to a process how orphans ended: services that it has taken over are among them.
func (s *Supervisor) passOn(conn *channel.Conn, child *proc.Child) {
	orphans := s.opt.Procs.Orphans()
	for at := uint64(0); ; {
		exits, all, more := orphans.After(at)
		for _, e := range exits {
			m := channel.Message{Kind: channel.Exited, ID: uint32(e.Pid), Number: int64(e.Status), Limit: e.Start}
			for pause := firstSendPause; errors.Is(conn.Send(m), unix.EAGAIN); pause = min(2*pause, longestSendPause) {
				select {
				case <-time.After(pause):
				case <-child.Done():
					return
				}
			}
		}
		at = all
		select {
		case <-more:
		case <-child.Done():
			return
		}
	}
}

// detach ends the conversation with a process that has ended: nobody waits for its answers any more.
func (s *Supervisor) detach(conn *channel.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	s.conn, s.child = nil, nil
	for id, r := range s.requests {
		r.err = errGone
		close(r.done)
		delete(s.requests, id)
	}
	state, ending := State{Starts: s.starts}, s.ending
	s.mu.Unlock()
	if !ending { // the container goes
		s.opt.Changed(state)
	}
}

// listen hears what the process says until it says no more.
func (s *Supervisor) listen(conn *channel.Conn, ready func()) error {
	for {
		m, err := conn.Receive()
		if err != nil {
			return err
		}
		switch m.Kind {
		case channel.Ready:
			ready()
		case channel.Letter:
			s.opt.Letter(byte(m.Number))
		case channel.Line, channel.Done:
			s.answered(m)
		}
	}
}

// answered takes an answer; one that nobody waits for is dropped.
func (s *Supervisor) answered(m channel.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests[m.ID]
	switch {
	case r == nil:
	case m.Kind == channel.Line:
		if len(r.lines) < maxLines {
			r.lines = append(r.lines, m)
		}
	default:
		if m.Text != "" {
			r.err = fmt.Errorf("%q", m.Text)
		}
		delete(s.requests, m.ID)
		close(r.done)
	}
}

// ask sends a request and waits for its answer, or for the end of ctx.
func (s *Supervisor) ask(ctx context.Context, m channel.Message) (*request, error) {
	r := &request{done: make(chan struct{})}
	s.mu.Lock()
	conn := s.conn
	if conn != nil {
		s.last++
		m.ID = s.last
		s.requests[m.ID] = r
	}
	s.mu.Unlock()
	if conn == nil {
		return nil, errGone
	}
	if err := conn.Send(m); err != nil {
		s.forget(m.ID)
		return nil, errSilent
	}
	select {
	case <-r.done:
		return r, r.err
	case <-ctx.Done():
		s.forget(m.ID)
		return nil, context.Cause(ctx)
	}
}

func (s *Supervisor) forget(id uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
}

// tell sends a message that has no answer.
func (s *Supervisor) tell(m channel.Message) {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn != nil {
		_ = conn.Send(m) // one that does not listen is noticed when it is asked
	}
}
