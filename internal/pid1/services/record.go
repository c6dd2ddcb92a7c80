package services

import (
	"errors"
	"os"

	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/user"
	"caduceus/internal/record"
)

// WriteRecord writes down who supervises, for health and doctor: this process, of that version, and the user's supervisor
// unless it is nil.
//
// contract: HEALTH-04
func WriteRecord(version string, supervisor *user.State) error {
	boot := record.Boot{Version: version, Init: process(os.Getpid())}
	if boot.Init.Start == 0 {
		return errors.New("cannot read when the init started: /proc does not have it")
	}
	if supervisor != nil {
		boot.User = &record.Supervisor{Starts: supervisor.Starts, State: record.Waiting}
		if supervisor.Pid != 0 {
			if started := process(supervisor.Pid); started.Start != 0 { // else it has ended, and the next call says so
				boot.User.Process, boot.User.State = started, record.Up
			}
		}
	}
	return record.Write(record.Dir, boot)
}

func process(pid int) record.Process { return record.Process{PID: pid, Start: proc.StartOf(pid)} }

// recordUser writes down a change of the user's supervisor.
func (s *Services) recordUser(state user.State) {
	if err := WriteRecord(s.opt.Version, &state); err != nil {
		s.opt.Log.Warnf("the record of the boot is old, health will say so: %v", err)
	}
}
