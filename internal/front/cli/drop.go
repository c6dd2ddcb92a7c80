package cli

import (
	"errors"
	"os"

	"caduceus/internal/env"
	"caduceus/internal/identity"
	"caduceus/internal/launch"
)

// dropRoot makes root, as docker exec starts it, hermes: what it writes on the volume must be
// hermes', too. Any other user stays what it is. It returns 0, or the exit code.
//
// contract: EXEC-01
func (a *app) dropRoot() int {
	if a.euid != 0 || env.ExecAsRoot.On(a.Environ) {
		return 0
	}
	if _, err := os.Stat(a.path(setuidgidPath)); errors.Is(err, os.ErrNotExist) {
		a.say("hermes-shim: %s not found: refusing to run as root; start it as user hermes, or set HERMES_DOCKER_EXEC_AS_ROOT=1", setuidgidPath)
		return launch.NotExecutable
	}
	account, err := a.account()
	if err == nil {
		err = a.become(account)
	}
	if err != nil {
		a.say("hermes-shim: refusing to run as root: %v", err)
		return launch.NotExecutable
	}
	return 0
}

// become drops root to the account and gives it its home.
//
// contract: CMD-05
func (a *app) become(account identity.Account) error {
	a.Share(account)
	if err := a.Drop(account); err != nil {
		return err
	}
	a.euid = int(account.UID)
	a.setenv("HOME", a.home.Root())
	a.setenv("USER", account.Name)
	a.setenv("LOGNAME", account.Name)
	return nil
}
