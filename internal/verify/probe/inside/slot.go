//go:build linux

package inside

import (
	"caduceus/internal/s6"
	"caduceus/internal/verify/probe"
)

// slot reads what a supervisor wrote, and whether there is one.
func slot(dir string) probe.State {
	state := probe.State{Dir: dir}
	supervised, err := s6.Supervised(dir)
	if err != nil {
		state.Error = err.Error()
		return state
	}
	state.Supervised = supervised
	status, err := s6.ReadStatus(dir)
	if err != nil {
		state.Error = err.Error()
		return state
	}
	state.Up, state.WantUp, state.Ready, state.Paused = status.Up(), status.WantUp, status.Ready, status.Paused
	if state.Up {
		state.PID = status.Pid
	}
	return state
}
