package user

import (
	"fmt"
	"os"
	"syscall"

	"caduceus/internal/pid1/channel"
	"caduceus/internal/pid1/proc"
)

// Prepared is the process of a supervisor that has not been told to open its scandir.
type Prepared struct {
	conn  *channel.Conn
	child *proc.Child
}

// Prepare makes the process of the first supervisor, for a Start that is given it: it becomes hermes, and waits. That takes
// ten milliseconds, in which the boot has something else to do.
func Prepare(o Options) (*Prepared, error) { return o.withDefaults().prepare(false) }

// prepare makes a process with its end of the channel. adopt: another one ran before it.
func (o Options) prepare(adopt bool) (*Prepared, error) {
	near, far, err := channel.Pair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = far.Close() }() // the child has them
	a := arguments{adopt: adopt, gain: o.Gain, dir: o.Dir}
	child, err := o.Procs.Spawn(proc.Spec{
		Path: o.Exec, Argv: a.words(), Env: o.Environ, Dir: "/",
		Files: []*os.File{nil, o.Stdout, o.Stderr, far[0], far[1]},
		Attr:  &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		_ = near.Close() // nothing was written
		return nil, fmt.Errorf("cannot execute it: %w", err)
	}
	return &Prepared{near, child}, nil
}

// Cancel ends the process, which has done nothing. A nil one is none.
func (p *Prepared) Cancel() {
	if p == nil {
		return
	}
	_ = p.conn.Close()
	_ = p.child.Signal(syscall.SIGKILL) // an error means that it is gone
	<-p.child.Done()
}
