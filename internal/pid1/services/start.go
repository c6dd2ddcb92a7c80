package services

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"caduceus/internal/env"
	"caduceus/internal/launch"
	"caduceus/internal/pid1/rc"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/s6"
)

// Start starts what a bundle means, in the order of dependencies and otherwise at once.
//
// spec: SUP-66
func (s *Services) Start(ctx context.Context, bundle string) error {
	failed := rc.Walk(ctx, s.plan.Closure(bundle), func(name string) []string { return s.plan.Unit(name).Needs }, s.bringUp)
	s.mu.Lock()
	maps.Copy(s.failures, failed)
	s.mu.Unlock()
	var err error
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		err = errors.Join(err, fmt.Errorf("cannot start %q: %w", name, failed[name]))
	}
	return err
}

// bringUp starts one service and waits until it is up.
func (s *Services) bringUp(ctx context.Context, name string) error {
	unit := s.plan.Unit(name)
	if slices.Contains(unit.Needs, rc.Base) {
		select {
		case <-s.based:
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.unset(unit) {
		return nil // what depends on it starts all the same
	}
	if unit.TimeoutUp > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, unit.TimeoutUp)
		defer cancel()
	}
	if unit.Kind == rc.Oneshot {
		return s.oneshot(ctx, unit)
	}
	return s.longrun(ctx, unit)
}

func (s *Services) oneshot(ctx context.Context, unit rc.Unit) error {
	if len(unit.Up) > 0 {
		ws, err := s.opt.Programs.Run(ctx, unit.Up)
		switch {
		case err != nil:
			return fmt.Errorf("cannot execute %q: %w", unit.Up[0], err)
		case ws != 0:
			return fmt.Errorf("%q exited %d", unit.Up[0], launch.Code(ws))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oneshots = append(s.oneshots, unit.Name)
	return nil
}

// unset reports whether a service is not to be started, as the container lacks the variable that it is for. A boot script may
// have set it.
//
// spec: SUP-125
func (s *Services) unset(unit rc.Unit) bool {
	name := unit.StartIfSet
	return name != "" && env.Environ(s.opt.Environ).Get(name) == "" && env.ReadNamed(env.Dir, name) == ""
}

// ranOneshots reports whether a program of the image's definitions has run, which may have made services.
func (s *Services) ranOneshots() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.oneshots) > 0
}

func (s *Services) longrun(ctx context.Context, unit rc.Unit) error {
	if s.ofUser(unit.Name) {
		if err := s.bringUpUser(ctx, unit); err != nil {
			return err
		}
		return os.Remove(filepath.Join(servicedir(unit.Name), s6.DownFile))
	}
	service := s.service(unit.Name)
	if service == nil {
		return errors.New("it is not supervised")
	}
	up := supervise.Up
	if unit.Notifies {
		up = supervise.Ready
	}
	service.Command("u")
	if err := service.Wait(ctx, up); err != nil {
		service.Command("d")
		return err
	}
	return os.Remove(filepath.Join(servicedir(unit.Name), s6.DownFile))
}

// BaseIsUp lets the services start that depend on the bundle base.
func (s *Services) BaseIsUp() { close(s.based) }
