package stop

import (
	"context"
	"errors"
	"sync"
	"time"

	"caduceus/internal/pid1/container"
	"caduceus/internal/pid1/settings"
)

// Reasons of a stop that need no line of their own.
var (
	ErrCmdEnded = errors.New("CMD ended")
	ErrNoCmd    = errors.New("CMD cannot be executed")
)

// ErrLoggersToo is the reason of a stop that does not wait for loggers to read all.
var ErrLoggersToo = errors.New("control letter 'q'")

// Run stops the container and returns its exit code, unless a script takes the place of the init.
func Run(c *container.Container) int {
	s := begin(c)
	defer s.done()
	s.steps(
		s.freeze,
		s.both(
			s.endCmd,
			s.stopServices,
		),
		s.runDowns,
		s.closeLoggers,
		s.endOthers,
	)
	return s.leave()
}

// sequence is one ordered stop.
type sequence struct {
	*container.Container
	settings settings.Settings
	began    time.Time
	ctx      context.Context // ends at the deadline, or when the rest is to be skipped
	done     context.CancelFunc
	cmdTook  time.Duration // what endCmd used
}

func begin(c *container.Container) *sequence {
	s := &sequence{Container: c, settings: c.Settings.Now(), began: time.Now()}
	s.ctx, s.done = context.WithDeadline(c.Stop.Aborted(), s.began.Add(deadline(s.settings, c.Services.LongestKill())))
	at, _ := s.ctx.Deadline()
	s.Debugf("stop: deadline in %v", at.Sub(s.began))
	return s
}

// steps takes step after step, until the container is to be left at once.
func (s *sequence) steps(steps ...func()) {
	for _, do := range steps {
		if s.Stop.Aborted().Err() == nil {
			do()
		}
	}
}

// both makes one step of two that run side by side.
func (s *sequence) both(a, b func()) func() {
	return func() {
		var all sync.WaitGroup
		all.Go(a)
		all.Go(b)
		all.Wait()
	}
}

// late notes that a wait of a step ended by its limit, or by the deadline, and not because what it
// waited for came.
func (s *sequence) late(step string, limit time.Duration) {
	if s.ctx.Err() != nil {
		s.Debugf("stop: %s: cut by the deadline", step)
		return
	}
	s.Debugf("stop: %s: limit of %v reached", step, limit)
}
