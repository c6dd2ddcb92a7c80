package services

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"caduceus/internal/pid1/rc"
	"caduceus/internal/pid1/scan"
	"caduceus/internal/pid1/user"
	"caduceus/internal/s6"
)

// Bounds of a stop. All of them count from Began.
type Bounds struct {
	Began time.Time
	Grace time.Duration                        // until KILL; a service may ask for more
	Late  func(name string, had time.Duration) // finish of a service was given up after that time
}

// StopAll stops all services and returns when they and their supervisors are gone, or had their time: what
// depends on the bundle user before that, a service before those it needs, and otherwise side by side.
// Freeze comes first.
//
// spec: SUP-79
func (s *Services) StopAll(ctx context.Context, b Bounds) {
	s.Prune()
	stop, done := s.stopper(ctx, b)
	defer done()
	bundle := s.plan.Closure("user")
	var first, then []string
	for _, name := range slices.Concat(s.Names(), s.userServices()) {
		switch {
		case strings.HasSuffix(name, "/"+s6.LogDir):
		case slices.Contains(bundle, name):
			then = append(then, name)
		default:
			first = append(first, name)
		}
	}
	var slots sync.WaitGroup
	slots.Go(stop.slots)
	rc.Walk(ctx, first, s.plan.Dependents, stop.service)
	slots.Wait()
	rc.Walk(ctx, then, s.plan.Dependents, stop.service)
}

// stopper stops services within bounds.
type stopper struct {
	*Services
	Bounds
	user     *user.Supervisor // nil: there is none
	answered context.Context  // ends where that does not answer
}

// stopper asks the user's supervisor whether it answers, beside all else that it is asked: one that is silent is not waited
// for. The caller has to be done with it.
func (s *Services) stopper(ctx context.Context, b Bounds) (_ stopper, done func()) {
	supervisor := s.user.Load()
	answered, giveUp := context.WithCancel(ctx)
	if supervisor != nil {
		go func() {
			if !supervisor.Answers(answered) && answered.Err() == nil {
				s.opt.Log.Warnf("the user's supervisor does not answer: its services end with all other processes")
				giveUp()
			}
		}()
	}
	return stopper{s, b, supervisor, answered}, giveUp
}

// service stops one service that the image or the scandir of this process defines.
func (s stopper) service(ctx context.Context, name string) error {
	grace := max(s.Grace, s.scandir.Load().KillTimeout(name))
	switch {
	case !s.ofUser(name):
		if had := s.scandir.Load().StopWithin(ctx, name, s.Began, grace); had > 0 {
			s.Late(name, had)
		}
	case s.user != nil:
		s.await(grace, func(ctx context.Context) error { return s.user.Stop(ctx, name, grace-time.Since(s.Began)) })
	}
	return nil
}

// slots stops what hermes has put into its scandir. How long that may take is not for hermes to say.
//
// contract: BOOT-18
func (s stopper) slots() {
	if s.user == nil {
		return
	}
	limit := max(s.Grace, slotLimit)
	s.await(limit, func(ctx context.Context) error { return s.user.StopSlots(ctx, s.userServices(), s.Grace, limit) })
}

// answerReserve is how much longer than the services the answer about them may take.
const answerReserve = 250 * time.Millisecond

// await asks the user's supervisor for what takes grace and a finish script, and no longer.
func (s stopper) await(grace time.Duration, ask func(context.Context) error) {
	ctx, cancel := context.WithDeadline(s.answered, s.Began.Add(grace+scan.FinishFloor+answerReserve))
	defer cancel()
	if err := ask(ctx); err != nil {
		s.opt.Log.Debugf("stop: the user's supervisor: %v", err)
	}
}

// LongestKill is the longest time between TERM and KILL that a service of this process asks for. What those of
// hermes ask for does not count.
func (s *Services) LongestKill() (longest time.Duration) {
	for _, name := range s.Names() {
		longest = max(longest, s.scandir.Load().KillTimeout(name))
	}
	return longest
}

// CloseLoggers ends the input of the loggers and waits until they are gone, or ctx ends. Each gets
// TERM after patience, at once without a positive one.
func (s *Services) CloseLoggers(ctx context.Context, patience time.Duration) {
	var both sync.WaitGroup
	if supervisor := s.user.Load(); supervisor != nil {
		both.Go(func() {
			if err := supervisor.CloseLoggers(ctx, patience); err != nil {
				s.opt.Log.Debugf("stop: the user's supervisor: %v", err)
			}
		})
	}
	s.scandir.Load().CloseLoggers(ctx, patience)
	both.Wait()
}

// EndUser sends KILL to the user's supervisor, for good. It returns the pid of the process that dies of that, 0 if there is
// none.
func (s *Services) EndUser() (pid int) {
	if supervisor := s.user.Load(); supervisor != nil {
		return supervisor.End()
	}
	return 0
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
