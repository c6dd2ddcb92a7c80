package supervise

import (
	"context"

	"caduceus/internal/s6"
)

// Cond is a state that Wait can wait for.
type Cond uint8

// The conditions of Wait.
const (
	Up        Cond = iota // run is alive
	Ready                 // up, and it said so
	Down                  // run is dead
	DownReady             // down, and finish is over
	Gone                  // the supervisor has ended
)

// Service is a supervised service directory.
type Service struct{}

// Command obeys letters as if they had been written to supervise/control.
func (s *Service) Command(letters string) {}

// Status is the state as last written to supervise/status.
func (s *Service) Status() s6.Status { return s6.Status{} }

// Wait returns nil as soon as cond holds, and ctx.Err() or ErrEnded when it cannot.
func (s *Service) Wait(ctx context.Context, cond Cond) error { return ctx.Err() }

// LockMain is the lock mode of /init (argv[0] = s6.LockModeArgv0): args are the
// words after argv[0].
func LockMain(args []string) int { return 111 }
