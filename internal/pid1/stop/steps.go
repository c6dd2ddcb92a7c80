package stop

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"

	"caduceus/internal/launch"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/program"
	"caduceus/internal/pid1/services"
)

// freeze notes why the container stops; nothing starts any more.
func (s *sequence) freeze() {
	s.Stop.Ask(ErrCmdEnded)
	s.Services.Freeze()
	if why := s.Stop.Reason(); !errors.Is(why, ErrCmdEnded) && !errors.Is(why, ErrNoCmd) {
		s.Infof("stopping: %v", why)
	}
}

// endCmd asks CMD, or the boot script that runs, to end.
func (s *sequence) endCmd() {
	cmd := s.Cmd.Load()
	asked := cmd != nil && !gone(cmd)
	var all sync.WaitGroup
	for _, child := range s.Programs.Close() {
		all.Go(func() {
			if !program.End(s.ctx, child, s.settings.KillGrace) {
				s.late("cmd", s.settings.KillGrace)
			}
		})
	}
	all.Wait()
	s.cmdTook = time.Since(s.began)
	switch {
	case cmd == nil:
	case gone(cmd):
		s.exit(cmdCode(cmd.Status(), asked, s.settings.CmdSignals))
	default: // it will be killed, at the latest with the container
		s.exit(launch.SignalCode(syscall.SIGKILL))
	}
}

func (s *sequence) exit(code int) {
	if err := s.Exit.Set(code); err != nil {
		s.Warnf("%v", err)
	}
}

func gone(c *proc.Child) bool {
	select {
	case <-c.Done():
		return true
	default:
		return false
	}
}

// stopServices stops all services. The bounds of all count from the same moment.
func (s *sequence) stopServices() {
	s.Services.StopAll(s.ctx, services.Bounds{
		Began: s.began, Grace: s.settings.ServicesGrace,
		Late: func(name string, had time.Duration) { s.late("services: finish of "+name, had) },
	})
}

// runDowns undoes the oneshots, last in, first out, and then runs cont-finish.d.
func (s *sequence) runDowns() {
	for _, down := range s.Services.Downs() {
		s.script("oneshot", down.Argv, down.Limit)
	}
	scripts, err := program.Scripts(s.Settings.Etc("cont-finish.d"))
	if err != nil {
		s.Warnf("cannot list cont-finish.d: %v", err)
	}
	for _, script := range scripts {
		s.script("cont-finish", []string{script}, 0)
	}
}

// script runs one program of runDowns and kills it at its limit, at S6_KILL_FINISH_MAXTIME, or at the
// deadline, whichever comes first; 0 is no limit.
func (s *sequence) script(source string, argv []string, limit time.Duration) {
	log := s.Of(source)
	if s.ctx.Err() != nil {
		log.Warnf("%s: no time left to run it", argv[0])
		return
	}
	log.Infof("running %s", argv[0])
	ctx := s.ctx
	for _, limit := range []time.Duration{limit, s.settings.FinishMax} {
		if limit > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, limit)
			defer cancel()
		}
	}
	child, err := s.Programs.Start(program.Program{Argv: argv})
	if err != nil {
		log.Warnf("cannot execute %s: %v", argv[0], err)
		return
	}
	select {
	case <-child.Done():
		s.Programs.Settle(child)
	case <-ctx.Done():
		_ = child.Signal(syscall.SIGKILL) // an error means that it is gone
		log.Warnf("%s took too long and was killed", argv[0])
		if s.ctx.Err() != nil {
			s.late("downs", 0)
		}
		return
	}
	log.Infof("%s exited %d", argv[0], launch.Code(child.Status()))
}

// closeLoggers ends the loggers' input: they read what is left, and end by themselves.
func (s *sequence) closeLoggers() {
	ctx, cancel := context.WithTimeout(s.ctx, loggerGrace)
	defer cancel()
	patience := loggerGrace
	if errors.Is(s.Stop.Reason(), ErrLoggersToo) {
		patience = 0
	}
	s.Services.CloseLoggers(ctx, patience)
	if ctx.Err() != nil {
		s.late("loggers", loggerGrace)
	}
}

// endOthers ends what nobody supervised, and what survived the steps before.
func (s *sequence) endOthers() {
	if s.Procs.Others(s.Services.EndUser()) == 0 {
		return
	}
	s.Procs.SignalAll(syscall.SIGTERM)
	s.Procs.SignalAll(syscall.SIGCONT)
	rest := restGrace(s.settings.KillGrace, s.cmdTook)
	ctx, cancel := context.WithTimeout(s.ctx, rest)
	defer cancel()
	if s.alone(ctx) {
		return
	}
	s.late("others", rest)
	// What dies now may still leave a finish script behind, so once is not enough.
	last, end := context.WithTimeout(s.Stop.Aborted(), killTime)
	defer end()
	for last.Err() == nil {
		s.Procs.SignalAll(syscall.SIGKILL)
		again, cancel := context.WithTimeout(last, 20*time.Millisecond)
		gone := s.alone(again)
		cancel()
		if gone {
			return
		}
	}
	s.Debugf("stop: others: not all are gone %v after KILL", killTime)
}

// alone waits until no other process is left, and reports whether none is; ctx ends the wait.
func (s *sequence) alone(ctx context.Context) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.Procs.Others(0) > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
