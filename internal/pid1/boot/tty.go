package boot

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// terminal is what stdin was when /init started.
type terminal struct {
	present bool // stdin is a terminal
	ours    bool // it is the controlling terminal of our session
	leader  bool // we lead that session
}

func lookAtTerminal() terminal {
	if _, err := unix.IoctlGetTermios(0, unix.TCGETS); err != nil {
		return terminal{}
	}
	sid, _ := unix.Getsid(0)
	_, err := unix.IoctlGetInt(0, unix.TIOCGSID) // refused for a terminal that does not control us
	return terminal{present: true, ours: err == nil, leader: sid == os.Getpid()}
}

// sessionFor is how CMD gets the terminal: in a session of its own that it leads, so that job
// control reaches CMD and nothing else. Only a session that somebody else leads has to be shared,
// as its terminal cannot be taken away; there CMD becomes the foreground process group.
//
// spec: SUP-71
func sessionFor(t terminal) *syscall.SysProcAttr {
	switch {
	case t.present && (t.leader || !t.ours):
		return &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	case t.present:
		return &syscall.SysProcAttr{Setpgid: true}
	}
	return &syscall.SysProcAttr{Setsid: true}
}

// release gives up the terminal that CMD is to have. The kernel sends SIGHUP and SIGCONT to
// the foreground group, which may be our own.
func (b *boot) release() {
	if !b.tty.ours || !b.tty.leader {
		return
	}
	<-b.signals.taken // giving up the terminal sends HUP
	if group, err := unix.IoctlGetInt(0, unix.TIOCGPGRP); err == nil && group == unix.Getpgrp() {
		b.signals.hangup.expect()
	}
	if err := unix.IoctlSetInt(0, unix.TIOCNOTTY, 0); err != nil {
		b.Warnf("cannot give up the terminal: %v", err)
	}
}

// foreground makes group the one that the terminal's keys reach. SIGTTOU is blocked meanwhile: we
// may be in the background already, where the call would be restarted for ever.
//
// spec: SUP-105
func foreground(group int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var block, old unix.Sigset_t
	block.Val[0] = 1 << (unix.SIGTTOU - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &block, &old); err != nil {
		return err
	}
	err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, group)
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) // cannot fail with arguments that came from the call above
	return err
}
