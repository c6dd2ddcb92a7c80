package supervise

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"caduceus/internal/held"
	"caduceus/internal/launch"
	"caduceus/internal/s6"
)

// Exit codes of lock mode.
const (
	lockUsage       = 100
	lockFailed      = 111
	lockMinimumArgs = 3
)

// LockMain is the lock mode of /init (argv[0] = s6.LockModeArgv0); args are the
// words after argv[0]: FD FILE ARGV... It waits for a write lock on the
// description at FD, which run inherits, and executes FILE.
//
// spec: SUP-104
func LockMain(args []string) int {
	if len(args) < lockMinimumArgs {
		return lockComplain(lockUsage, "usage: %s fd file argv...", s6.LockModeArgv0)
	}
	fd, err := strconv.ParseUint(args[0], 10, 16)
	if err != nil {
		return lockComplain(lockUsage, "cannot use descriptor %q", args[0])
	}
	if err := held.WaitLock(int(fd)); err != nil {
		return lockComplain(lockFailed, "cannot lock %s: %v", s6.ServiceLockFile, err)
	}
	path, argv := args[1], args[2:]
	err = syscall.Exec(path, argv, os.Environ())
	if errors.Is(err, syscall.EACCES) {
		if cwd, openErr := held.Open(".", held.FollowAll); openErr == nil {
			if script, noErr := interpreter(cwd, path, argv); noErr == nil {
				err = syscall.Exec(script[0], script, os.Environ())
			}
		}
	}
	return lockComplain(launch.ErrorCode(err), "cannot execute %q: %v", path, err)
}

func lockComplain(code int, format string, a ...any) int {
	fmt.Fprintf(os.Stderr, s6.LockModeArgv0+": fatal: "+format+"\n", a...)
	return code
}
