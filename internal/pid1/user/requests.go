package user

import (
	"context"
	"strings"
	"syscall"
	"time"

	"caduceus/internal/pid1/channel"
	"caduceus/internal/pid1/log"
)

// answerLimit is how long a supervisor that runs takes for an answer that needs no work.
const answerLimit = 500 * time.Millisecond

// While a service takes its time to come up, its supervisor is asked every pingPause, and silent after silenceLimit.
const (
	pingPause    = time.Second
	silenceLimit = 5 * time.Second
)

// Scan looks for services and returns when those found can be asked.
func (s *Supervisor) Scan(ctx context.Context) error {
	_, err := s.ask(ctx, channel.Message{Kind: channel.Scan})
	return err
}

// Prune stops the services that have left the scandir.
func (s *Supervisor) Prune() { s.tell(channel.Message{Kind: channel.Prune}) }

// Up starts a service and waits until it is up, or ready. If ctx ends before, it is brought down again.
func (s *Supervisor) Up(ctx context.Context, name string, ready bool) error {
	m := channel.Message{Kind: channel.Up, Name: name}
	if ready {
		m.Number = 1
	}
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	go s.watchSilence(ctx, giveUp)
	_, err := s.ask(ctx, m)
	if err != nil {
		s.tell(channel.Message{Kind: channel.Down, Name: name})
	}
	return err
}

// watchSilence ends a wait for what takes its time when the supervisor does not even answer any more: hermes may
// have stopped it.
func (s *Supervisor) watchSilence(ctx context.Context, giveUp context.CancelCauseFunc) {
	for ctx.Err() == nil {
		ping, cancel := context.WithTimeout(ctx, silenceLimit)
		_, err := s.ask(ping, channel.Message{Kind: channel.Ping})
		cancel()
		if err != nil && ctx.Err() == nil {
			giveUp(errSilent)
			return
		}
		select {
		case <-time.After(pingPause):
		case <-ctx.Done():
		}
	}
}

// Link shows a service of PID 1's own by its name, now and in each supervisor that comes after.
func (s *Supervisor) Link(name, target string) {
	m := channel.Message{Kind: channel.Link, Name: name, Text: target}
	s.mu.Lock()
	s.links = append(s.links, m)
	s.mu.Unlock()
	s.tell(m)
}

// Freeze forbids each further start of a service, and of a supervisor that ends.
func (s *Supervisor) Freeze() {
	s.mu.Lock()
	s.frozen = true
	child := s.child
	s.mu.Unlock()
	if child != nil { // hermes may have stopped it
		_ = child.Signal(syscall.SIGCONT)
	}
	s.tell(channel.Message{Kind: channel.Freeze})
}

// Answers reports whether the supervisor runs and answers at once. Who is about to wait for it asks first.
func (s *Supervisor) Answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	_, err := s.ask(ctx, channel.Message{Kind: channel.Ping})
	return err == nil
}

// Stop stops a service: KILL comes after grace.
func (s *Supervisor) Stop(ctx context.Context, name string, grace time.Duration) error {
	_, err := s.ask(ctx, channel.Message{Kind: channel.Stop, Name: name, Number: grace.Milliseconds()})
	return err
}

// StopSlots stops all services but those named. KILL comes after grace, or as late as a service asks for, but not
// after limit.
func (s *Supervisor) StopSlots(ctx context.Context, except []string, grace, limit time.Duration) error {
	_, err := s.ask(ctx, channel.Message{
		Kind: channel.Stop, Number: grace.Milliseconds(), Limit: limit.Milliseconds(), Text: strings.Join(except, "\n"),
	})
	return err
}

// CloseLoggers ends the input of the loggers and waits until they are gone. Each gets TERM after patience.
func (s *Supervisor) CloseLoggers(ctx context.Context, patience time.Duration) error {
	_, err := s.ask(ctx, channel.Message{Kind: channel.Loggers, Number: patience.Milliseconds()})
	return err
}

// Condition is what a service does, and why; Why is "" where nothing but its definition decides.
type Condition struct {
	Name, Word, Why string
	Down            bool // it has a down file
}

// Conditions are those of all services but the loggers, in no order.
func (s *Supervisor) Conditions(ctx context.Context) ([]Condition, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	r, err := s.ask(ctx, channel.Message{Kind: channel.Report})
	if err != nil {
		return nil, err
	}
	var out []Condition
	for _, m := range r.lines {
		out = append(out, condition(m))
	}
	return out, nil
}

// condition is what a line of a report says, as a line of PID 1's log may have it: hermes may have chosen the words.
func condition(m channel.Message) Condition {
	word, rest, _ := strings.Cut(m.Text, "\x00")
	why, down, _ := strings.Cut(rest, "\x00")
	return Condition{Name: log.Name(m.Name), Word: log.Escape(word), Why: log.Escape(why), Down: down != ""}
}

// End sends KILL to the supervisor; no further one is started. It returns the pid of the process that dies of that, 0 if
// there is none. Services that still run go on.
func (s *Supervisor) End() (pid int) {
	s.mu.Lock()
	s.ending = true
	child, conn := s.child, s.conn
	s.mu.Unlock()
	if conn != nil {
		_ = conn.Close()
	}
	if child == nil || child.Signal(syscall.SIGKILL) != nil { // an error means that it is gone
		return 0
	}
	return child.Pid()
}
