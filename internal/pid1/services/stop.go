package services

import (
	"context"
	"slices"
	"strings"
	"time"

	"caduceus/internal/pid1/rc"
	"caduceus/internal/pid1/supervise"
)

// StopAll calls stop for each service in the order of a stop: what depends on the bundle user before
// that, a service before those it needs, and otherwise side by side. Freeze comes first.
func (s *Services) StopAll(ctx context.Context, stop func(ctx context.Context, name string) error) {
	s.Prune()
	user := s.plan.Closure("user")
	var first, then []string
	for _, name := range s.Names() {
		switch {
		case strings.HasSuffix(name, "/log"):
		case slices.Contains(user, name):
			then = append(then, name)
		default:
			first = append(first, name)
		}
	}
	for _, set := range [][]string{first, then} {
		rc.Walk(ctx, set, s.plan.Dependents, stop)
	}
}

// Stop stops one service and returns when it and its supervisor are gone, or when ctx ends. Its run
// gets KILL after grace, which is positive and asked for once the service is to stop.
func (s *Services) Stop(ctx context.Context, name string, grace func() time.Duration) {
	s.scandir.Load().StopServices(ctx, []string{name}, func(string) time.Duration { return grace() })
}

// AwaitDown waits until run of the service is dead and reports whether it is; the end of ctx ends the
// wait.
func (s *Services) AwaitDown(ctx context.Context, name string) bool {
	service := s.service(name)
	return service == nil || service.Wait(ctx, supervise.Down) == nil
}

// KillTimeouts are what each service asks for between TERM and KILL.
func (s *Services) KillTimeouts() map[string]time.Duration {
	timeouts := map[string]time.Duration{}
	for _, name := range s.Names() {
		timeouts[name] = killTimeout(name)
	}
	return timeouts
}

// CloseLoggers ends the input of the loggers and waits until they are gone, or ctx ends. Each gets
// TERM after patience, at once without a positive one.
func (s *Services) CloseLoggers(ctx context.Context, patience time.Duration) {
	s.scandir.Load().CloseLoggers(ctx, patience)
}

// Down undoes a oneshot.
type Down struct {
	Argv  []string
	Limit time.Duration // 0: none
}

// Downs undo the oneshots that came up, the last one first.
func (s *Services) Downs() []Down {
	s.mu.Lock()
	defer s.mu.Unlock()
	var downs []Down
	for _, name := range slices.Backward(s.oneshots) {
		if unit := s.plan.Unit(name); len(unit.Down) > 0 {
			downs = append(downs, Down{unit.Down, unit.TimeoutDown})
		}
	}
	return downs
}
