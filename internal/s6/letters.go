package s6

import "syscall"

// Event letters, which a supervisor writes to the subscribers of event/.
//
// spec: SUP-22
const (
	EventStarted   = "s" // the supervisor has started
	EventUp        = "u"
	EventReady     = "U"
	EventDown      = "d"
	EventDownReady = "D"
	EventFailed    = "O" // permanent failure
	EventExit      = "x" // the supervisor exits
)

// SignalOf returns the signal that a control letter sends to the pid of run. The letters p, c, P, C, K, r and l do
// more than that and are not among these.
//
// spec: SUP-20
func SignalOf(letter byte) (syscall.Signal, bool) {
	switch letter {
	case 'a':
		return syscall.SIGALRM, true
	case 'b':
		return syscall.SIGABRT, true
	case 'q':
		return syscall.SIGQUIT, true
	case 'h':
		return syscall.SIGHUP, true
	case 'k':
		return syscall.SIGKILL, true
	case 't':
		return syscall.SIGTERM, true
	case 'i':
		return syscall.SIGINT, true
	case '1':
		return syscall.SIGUSR1, true
	case '2':
		return syscall.SIGUSR2, true
	case 'y':
		return syscall.SIGWINCH, true
	}
	return 0, false
}
