package proc

import (
	"errors"
	"os"
	"syscall"
)

// ErrGone is returned by Signal and SignalGroup once the child has been reaped.
var ErrGone = errors.New("process is gone")

// Spec describes a child. Path is executed as it is: no PATH look-up.
type Spec struct {
	Path  string
	Argv  []string
	Env   []string
	Dir   string
	Files []*os.File // index = descriptor in the child; nil = closed there
	Attr  *syscall.SysProcAttr
}

// Table is the pid table.
type Table struct{}

// Child is a process made by Spawn.
type Child struct {
	pid  int
	done chan struct{}
}

// NewTable starts the reaper.
func NewTable() (*Table, error) { return &Table{}, nil }

// Close stops the reaper.
func (t *Table) Close() {}

// Spawn starts a child. The error is the errno of the exec.
func (t *Table) Spawn(s Spec) (*Child, error) { return nil, syscall.ENOSYS }

// Pid is the pid of the child.
func (c *Child) Pid() int { return c.pid }

// Done is closed when the child has been reaped.
func (c *Child) Done() <-chan struct{} { return c.done }

// Status is the raw wait status, valid after Done.
func (c *Child) Status() syscall.WaitStatus { return 0 }

// Signal sends sig, or returns ErrGone.
func (c *Child) Signal(sig syscall.Signal) error { return ErrGone }

// SignalGroup sends sig to the child's process group, or returns ErrGone.
func (c *Child) SignalGroup(sig syscall.Signal) error { return ErrGone }

// SignalAll signals everything: kill(-1) as PID 1, else the own descendants.
func (t *Table) SignalAll(sig syscall.Signal) {}

// Others counts the living processes that SignalAll would hit.
func (t *Table) Others() int { return 0 }
