package services

import (
	"os"

	"caduceus/internal/pid1/user"
	"caduceus/internal/procfs"
	"caduceus/internal/record"
)

// WriteRecord writes down who supervises, for health and doctor: this process, and the user's supervisor unless it is nil.
//
// contract: HEALTH-04
func WriteRecord(supervisor *user.State) error {
	boot := record.Boot{}
	var err error
	if boot.Init, err = process(os.Getpid()); err != nil {
		return err
	}
	if supervisor != nil {
		boot.User = &record.Supervisor{Starts: supervisor.Starts, State: record.Waiting}
		if supervisor.Pid != 0 {
			if started, err := process(supervisor.Pid); err == nil { // else it has ended, and the next call says so
				boot.User.Process, boot.User.State = started, record.Up
			}
		}
	}
	return record.Write(record.Dir, boot)
}

func process(pid int) (record.Process, error) {
	stat, err := procfs.Read(procfs.Root, pid)
	return record.Process{PID: pid, Start: stat.StartTicks}, err
}

// recordUser writes down a change of the user's supervisor.
func (s *Services) recordUser(state user.State) {
	if err := WriteRecord(&state); err != nil {
		s.opt.Log.Warnf("the record of the boot is old, health will say so: %v", err)
	}
}
