package proc

import "syscall"

// Child is a process made by Spawn, or adopted.
type Child struct {
	table    *Table
	pid      int
	done     chan struct{}
	status   syscall.WaitStatus
	*adopted // nil: this process is its parent
}

// Pid is the pid of the child; it may be reused once Done is closed.
func (c *Child) Pid() int { return c.pid }

// Done is closed when the child has been reaped.
func (c *Child) Done() <-chan struct{} { return c.done }

// Status is the raw wait status, valid after Done.
func (c *Child) Status() syscall.WaitStatus { return c.status }

// Signal sends sig. It returns ErrGone once the child has been reaped;
// callers may also test EPERM.
func (c *Child) Signal(sig syscall.Signal) error { return c.table.signal(c, c.pid, sig) }

// SignalGroup sends sig to the process group that the child leads, with the
// errors of Signal.
func (c *Child) SignalGroup(sig syscall.Signal) error { return c.table.signal(c, -c.pid, sig) }

func (c *Child) finish(status syscall.WaitStatus) {
	c.status = status
	close(c.done)
}
