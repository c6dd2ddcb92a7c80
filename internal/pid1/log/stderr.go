package log

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Stderr writes to file descriptor 2 with the bare system call. Others may share the descriptor and
// have made it non-blocking: its flags are left alone, and EAGAIN is waited out.
type Stderr struct{}

// Write writes all of p, or returns the errno that stopped it.
func (Stderr) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n, err := unix.Write(2, p[written:])
		switch err {
		case nil:
			written += n
		case unix.EINTR:
		case unix.EAGAIN:
			_, _ = unix.Poll([]unix.PollFd{{Fd: 2, Events: unix.POLLOUT}}, -1)
		default:
			return written, err
		}
	}
	return written, nil
}

// blockBackgroundStop keeps the calling goroutine on a thread of its own where SIGTTOU is blocked: a
// background write to a terminal with tostop would otherwise be restarted for ever.
//
// spec: SUP-105
func blockBackgroundStop() {
	runtime.LockOSThread()
	var set unix.Sigset_t
	set.Val[0] = 1 << (unix.SIGTTOU - 1)
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil)
}
