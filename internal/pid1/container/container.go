package container

import (
	"sync/atomic"

	"caduceus/internal/env"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/program"
	"caduceus/internal/pid1/services"
	"caduceus/internal/pid1/settings"
)

// Container is the container as boot and stop know it. The fields are set before a signal is
// taken, and read afterwards.
type Container struct {
	log.Logger // of source "init"
	Log        *log.Log
	Once       *log.Once
	Settings   *settings.Source
	Environ    env.Environ // of all programs and services
	Procs      *proc.Table
	Programs   *program.Runner
	Services   *services.Services
	Stop       *Request
	Exit       Exit
	Cmd        atomic.Pointer[proc.Child] // nil: not started
}

// Wait returns when there is a reason to stop. The end of CMD is one.
func (c *Container) Wait() {
	var ended <-chan struct{} // never, without CMD
	if cmd := c.Cmd.Load(); cmd != nil {
		ended = cmd.Done()
	}
	select {
	case <-ended:
	case <-c.Stop.Asked().Done():
	}
}
