package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/procfs"
)

// StatusUnknown stands for the wait status of an adopted process that nobody has reported: as if SIGKILL
// had ended it.
const StatusUnknown = syscall.WaitStatus(syscall.SIGKILL)

// Times of an adopted process.
const (
	statusWait = time.Second            // between its end and its wait status
	lookPause  = 100 * time.Millisecond // between two looks at it where the kernel has no pidfd
)

// adopted is what a Child has that another process is the parent of.
type adopted struct {
	start int64
	pidfd *os.File // nil: it is over, or the kernel has none
}

// Adopt makes a Child of a process that is, or was, a child of another process: by the pid and the start
// time that somebody noted (StartOf). It may be over; then Done is closed as soon as Exited has its wait
// status, and a second later with StatusUnknown.
//
// spec: SUP-112
func (t *Table) Adopt(pid int, start int64) *Child {
	c := &Child{table: t, pid: pid, done: make(chan struct{}), adopted: &adopted{start: start}}
	c.pidfd = pidfdOf(pid, start)
	t.mu.Lock()
	defer t.mu.Unlock()
	if status, known := t.reported.find(pid, start); known && c.isOver() {
		c.end(status)
		return c
	}
	t.adopted[c] = true
	t.watchers.Go(func() { t.watch(c) })
	return c
}

// Exited takes note of how a process ended that is not a child of this one. What is known of it before it is adopted is
// kept, for the newest processes.
//
// spec: SUP-112
func (t *Table) Exited(e Exit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reported.add(e)
	for c := range t.adopted {
		if e.is(c.pid, c.start) && c.isOver() {
			t.drop(c, e.Status)
		}
	}
}

// watch waits for the end of an adopted process, and then for its status.
func (t *Table) watch(c *Child) {
	if !t.awaitEnd(c) {
		return
	}
	select {
	case <-c.done:
	case <-t.stop:
	case <-time.After(statusWait):
		t.mu.Lock()
		defer t.mu.Unlock()
		t.drop(c, StatusUnknown)
	}
}

// awaitEnd reports false if the table was closed first.
func (t *Table) awaitEnd(c *Child) bool {
	if c.pidfd != nil {
		if conn, err := c.pidfd.SyscallConn(); err == nil {
			// The runtime waits until the descriptor is readable, which it is from the end on.
			_ = conn.Read(func(fd uintptr) bool { return isReadable(int(fd)) })
		}
	}
	for !c.isOver() {
		select {
		case <-t.stop:
			return false
		case <-c.done:
		case <-time.After(lookPause):
		}
	}
	return true
}

// drop ends an adopted child, once. The caller holds t.mu.
func (t *Table) drop(c *Child, status syscall.WaitStatus) {
	if !t.adopted[c] {
		return
	}
	delete(t.adopted, c)
	c.end(status)
}

// end closes Done and the pidfd.
func (c *Child) end(status syscall.WaitStatus) {
	c.finish(status)
	c.closePidfd()
}

func (c *Child) closePidfd() {
	if c.pidfd != nil {
		_ = c.pidfd.Close() // nothing was written
	}
}

// isOver reports whether an adopted process has ended, reaped or not.
func (c *Child) isOver() bool {
	if c.pidfd != nil {
		over := false
		if conn, err := c.pidfd.SyscallConn(); err == nil && conn.Control(func(fd uintptr) { over = isReadable(int(fd)) }) == nil {
			return over
		}
	}
	stat, err := procfs.Read(procfs.Root, c.pid)
	return err != nil || stat.StartTicks != c.start || !stat.Living()
}

// send sends a signal to an adopted process, or to the group that it leads. It meets no other process that has the
// pid by now: a pidfd names one process, and where there is none the start time is compared first.
func (c *Child) send(to int, sig syscall.Signal) error {
	if c.pidfd != nil && to > 0 {
		err := errClosed
		if conn, connErr := c.pidfd.SyscallConn(); connErr == nil {
			_ = conn.Control(func(fd uintptr) { err = unix.PidfdSendSignal(int(fd), sig, nil, 0) })
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.ESRCH):
			return ErrGone
		} // else the filter of the container may refuse this call alone
	}
	if c.isOver() {
		return ErrGone
	}
	if err := kill(c.pid, to, sig); err != nil {
		return fmt.Errorf("cannot signal %d: %w", to, err)
	}
	return nil
}

// SignalOther sends a signal to a process that no Child stands for, known by its pid and start time. It meets no other
// one that has the pid by now. The error is ErrGone, or that of the kernel.
//
// spec: SUP-120
func (t *Table) SignalOther(pid int, start int64, sig syscall.Signal) error {
	c := &Child{table: t, pid: pid, adopted: &adopted{start: start, pidfd: pidfdOf(pid, start)}}
	defer c.closePidfd()
	t.mu.Lock() // one that this process is to reap keeps its pid meanwhile
	defer t.mu.Unlock()
	return c.send(pid, sig)
}

var errClosed = errors.New("descriptor is closed")

// pidfdOf opens a process that started at that time; nil if there is none, or no pidfd.
func pidfdOf(pid int, start int64) *os.File {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK) // close-on-exec
	if err == unix.EINVAL {                             // before Linux 5.10
		if fd, err = unix.PidfdOpen(pid, 0); err == nil {
			err = unix.SetNonblock(fd, true)
		}
	}
	if err != nil {
		return nil
	}
	// The descriptor came first: if the number has the noted start time now, it had it then.
	if StartOf(pid) != start {
		_ = unix.Close(fd)
		return nil
	}
	return os.NewFile(uintptr(fd), "pidfd")
}

// StartOf is the start time of a process for Adopt; 0 if there is no such process.
func StartOf(pid int) int64 {
	stat, err := procfs.Read(procfs.Root, pid)
	if err != nil {
		return 0
	}
	return stat.StartTicks
}

func isReadable(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}
