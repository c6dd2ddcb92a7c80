package boot

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/identity"
	"caduceus/internal/launch"
)

// renounce gives up what the programs of a container could gain that was not started as root: /init executes itself
// once more, with no_new_privs, and so has all that it starts. As root it does nothing, and keeps what it needs.
//
// contract: RUN-11
func renounce(environ env.Environ) error {
	on, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if err != nil || on == 1 || os.Geteuid() == 0 || env.AllowNewPrivileges.On(environ) {
		return nil
	}
	self := identity.Account{Name: strconv.Itoa(os.Geteuid()), UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
	return identity.Become(self, identity.NoGain, func() error { return launch.Exec("/proc/self/exe", os.Args, environ) })
}
