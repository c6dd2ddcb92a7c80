package scan

import (
	"context"
	"sync"
	"time"

	"caduceus/internal/pid1/supervise"
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
