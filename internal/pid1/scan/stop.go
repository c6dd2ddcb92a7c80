package scan

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"caduceus/internal/pid1/supervise"
	"caduceus/internal/s6"
)

// StopServices stops the named services in parallel and waits until their
// supervisors are gone, or ctx ends. Each run gets KILL after its grace; none
// without a positive one. Freeze comes first.
func (s *Scandir) StopServices(ctx context.Context, names []string, grace func(name string) time.Duration) {
	var all sync.WaitGroup
	for _, service := range s.pick(names) {
		all.Go(func() {
			service.Stop()
			s.await(ctx, service, grace(service.Name()), service.Expire)
		})
	}
	all.Wait()
}

// FinishFloor is what a finish script has at least in a stop.
const FinishFloor = time.Second

// StopWithin stops one service and returns when it and its supervisor are gone. Its run gets KILL when grace
// is over, which counts from began; its finish script has what is left then, but FinishFloor at least. It
// returns how long finish had where that was given up, else 0; the end of ctx gives up all.
func (s *Scandir) StopWithin(ctx context.Context, name string, began time.Time, grace time.Duration) (had time.Duration) {
	service := s.Service(name)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var late atomic.Int64
	go func() {
		if service == nil || service.Wait(ctx, supervise.Down) != nil {
			return
		}
		grace := finishGrace(grace, time.Since(began))
		rest := time.NewTimer(grace)
		defer rest.Stop()
		select {
		case <-rest.C:
			late.Store(int64(grace))
			cancel()
		case <-ctx.Done():
		}
	}()
	// Without a positive grace there would be no KILL.
	s.StopServices(ctx, []string{name}, func(string) time.Duration { return max(time.Millisecond, grace-time.Since(began)) })
	return time.Duration(late.Load())
}

// finishGrace is how long a finish script may still run when its service died at the given time after the
// start of the stop.
func finishGrace(grace, died time.Duration) time.Duration { return max(grace-died, FinishFloor) }

// KillTimeout is what a service that is up asks for between TERM and KILL, 0 if it does not.
func (s *Scandir) KillTimeout(name string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.find(name)
	if u == nil || !u.service.Status().Up() {
		return 0
	}
	config, _ := s6.ReadConfigDir(u.dir, 0) // its supervisor has warned of what is wrong with it
	return config.KillTimeout
}

// AwaitSupervised waits until all services can be asked, or limit is over: the next program of a boot may do so.
func (s *Scandir) AwaitSupervised(ctx context.Context, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, name := range s.Names() {
		if service := s.Service(name); service != nil {
			_ = service.Wait(ctx, supervise.Supervised) // the end of ctx ends the wait for all
		}
	}
}

// pick takes the named services out of the scandir: they are not restarted.
func (s *Scandir) pick(names []string) []*supervise.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	var picked []*supervise.Service
	for _, name := range names {
		if u := s.find(name); u != nil {
			u.entry.active = false
			picked = append(picked, u.service)
		}
	}
	return picked
}

// await waits for the end of a supervisor and calls late once after a positive
// patience.
func (s *Scandir) await(ctx context.Context, service *supervise.Service, patience time.Duration, late func()) {
	var over <-chan time.Time
	if patience > 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-service.Done():
		return
	case <-ctx.Done():
		return
	case <-over:
		late()
	}
	select {
	case <-service.Done():
	case <-ctx.Done():
	}
}

// CloseLoggers closes the log pipes and waits until the loggers are gone, or
// ctx ends. Each gets TERM after term, or at once without a positive one.
func (s *Scandir) CloseLoggers(ctx context.Context, term time.Duration) {
	var all sync.WaitGroup
	for _, service := range s.releaseLoggers() {
		all.Go(func() {
			if term <= 0 {
				service.Stop()
			}
			s.await(ctx, service, term, service.Stop)
		})
	}
	all.Wait()
}

func (s *Scandir) releaseLoggers() []*supervise.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	var loggers []*supervise.Service
	for _, e := range s.entries {
		e.active = false
		if e.logger != nil && e.logger.service != nil {
			loggers = append(loggers, e.logger.service)
		}
		s.leave(e, (*supervise.Service).Release)
	}
	return loggers
}

// mains are the NAMEs of all services that are no loggers, active or not.
func (s *Scandir) mains() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, e := range s.entries {
		if e.main.service != nil {
			names = append(names, e.main.service.Name())
		}
	}
	return names
}
