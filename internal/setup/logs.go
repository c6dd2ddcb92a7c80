package setup

import (
	"io"
	"os"

	"caduceus/internal/contenv"
	"caduceus/internal/identity"
	"caduceus/internal/profile"
)

// OwnLogs gives the log directory of a profile's gateway, and the one above it, to hermes: root may
// have written there since the boot. Its caller is the logger, as root and while hermes runs, so no
// symlink is followed that may appear at any moment. It says nothing: what stays foreign, the logger
// finds out by itself.
//
// contract: LOG-04, SETUP-15
func OwnLogs(env Env, name string) error {
	if _, err := profile.Slot(name); err != nil {
		return err
	}
	hermes, err := identity.Lookup(env.Root, identity.Hermes)
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	value, _ := contenv.Lookup(env.Environ, "HERMES_HOME")
	home, _ := profile.ParseHome(value)
	v, err := openVolume(env.Root, string(home), false)
	if err != nil {
		return err
	}
	defer v.close()
	env.Stdout = io.Discard
	j := &job{Env: env, home: string(home), hermes: hermes}
	const parent = "logs/gateways"
	j.own(v, "chown", parent)
	j.ownTree(v, parent+"/"+name, true)
	return nil
}
