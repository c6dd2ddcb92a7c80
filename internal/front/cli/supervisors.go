package cli

import (
	"errors"
	"io/fs"
	"os"

	"caduceus/internal/front/bootrecord"
	"caduceus/internal/front/gateway"
	"caduceus/internal/identity"
	"caduceus/internal/record"
)

// supervisors returns what is wrong with the init and the user's supervisor.
//
// contract: HEALTH-04
func (a *app) supervisors() []bootrecord.Problem {
	if a.Supervisors != nil {
		return a.Supervisors()
	}
	return bootrecord.Look{Root: a.Root, ReadExe: a.readExe}.Problems()
}

// recordedSupervisors returns who supervises, nil where nothing trustworthy says so.
//
// contract: GW-20
func (a *app) recordedSupervisors() *gateway.Supervisors {
	boot, _, err := bootrecord.Read(a.path(record.Dir))
	if err != nil {
		return nil
	}
	all := gateway.Supervisors{Init: boot.Init.PID, User: boot.Init.PID, UserState: string(record.Up)}
	if u := boot.User; u != nil {
		all.User, all.UserStarts, all.UserState = u.PID, u.Starts, string(u.State)
	}
	return &all
}

// readExe reads what a process executes, as this user or, root, as hermes: the kernel shows that to who could trace
// the process, and root of a container may trace its own processes alone.
func (a *app) readExe(path string, _ int) (string, error) {
	exe, err := os.Readlink(path)
	if a.euid != 0 || !errors.Is(err, fs.ErrPermission) {
		return exe, err
	}
	account, err := a.account()
	if err != nil {
		return "", err
	}
	if unable := identity.As(account, func() { exe, err = os.Readlink(path) }); unable != nil {
		return "", unable
	}
	return exe, err
}
