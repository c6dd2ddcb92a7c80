package program

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/launch"
	"caduceus/internal/pid1/proc"
)

// Options of a Runner.
type Options struct {
	Procs   *proc.Table
	Environ env.Environ     // of the programs; its PATH is where they are found
	Stop    context.Context // ends when the container is to stop
	Grace   time.Duration   // between TERM and KILL for a program that ctx cuts short
	Ready   <-chan struct{} // closed when a program may start; nil: at once
	Started func()          // called before each start; nil: nobody wants to know
}

// Runner runs programs. It is safe for concurrent use.
type Runner struct {
	opt  Options
	null *os.File

	mu     sync.Mutex
	alive  map[*proc.Child]bool
	closed bool
}

// NewRunner returns a Runner of which no program is alive.
func NewRunner(o Options) (*Runner, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open %q: %w", os.DevNull, err)
	}
	return &Runner{opt: o, null: null, alive: map[*proc.Child]bool{}}, nil
}

// Program is something to execute. Its zero values: stdin from /dev/null, where /init is.
type Program struct {
	Argv  []string
	Dir   string
	Stdin *os.File
	Attr  *syscall.SysProcAttr // nil: as package proc has it
}

// Start starts p. The error is the errno.
func (r *Runner) Start(p Program) (*proc.Child, error) {
	if r.opt.Started != nil {
		r.opt.Started()
	}
	if r.opt.Ready != nil {
		<-r.opt.Ready
	}
	file, err := launch.Find(p.Argv[0], r.opt.Environ.Get("PATH"))
	if err != nil {
		return nil, err
	}
	if p.Stdin == nil {
		p.Stdin = r.null
	}
	spec := proc.Spec{
		Path: file, Argv: p.Argv, Env: r.opt.Environ, Dir: p.Dir,
		Files: []*os.File{p.Stdin, os.Stdout, os.Stderr}, Attr: p.Attr,
	}
	child, err := r.opt.Procs.Spawn(spec)
	if err == nil {
		return child, nil
	}
	words := launch.Alternative(file, p.Argv, p.Dir, err)
	if words == nil {
		return nil, err
	}
	spec.Path, spec.Argv = words[0], words
	return r.opt.Procs.Spawn(spec)
}

// Run runs a script or oneshot to its end. If the container is to stop first, it returns at once and
// leaves the program to who called Close; if only ctx ends, the program is ended here.
func (r *Runner) Run(ctx context.Context, argv []string) (syscall.WaitStatus, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	child, err := r.Start(Program{Argv: argv})
	if err != nil {
		return 0, err
	}
	r.Keep(child)
	select {
	case <-child.Done():
		r.forget(child)
		return child.Status(), nil
	case <-ctx.Done():
	}
	if r.opt.Stop.Err() == nil {
		End(r.opt.Stop, child, r.opt.Grace)
		r.forget(child)
	}
	return 0, ctx.Err()
}

// Keep puts a child into the set that Close returns. It gets TERM at once if Close was called before.
func (r *Runner) Keep(c *proc.Child) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alive[c] = true
	if r.closed {
		_ = c.Signal(syscall.SIGTERM) // it is gone, or the last step of the stop ends it
	}
}

func (r *Runner) forget(c *proc.Child) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.alive, c)
}

// Close returns the programs that the caller is to end. What starts later gets TERM at once.
func (r *Runner) Close() []*proc.Child {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	var out []*proc.Child
	for c := range r.alive {
		out = append(out, c)
	}
	return out
}

// End asks child to end, kills it after grace, and returns when it is gone, or when ctx has ended,
// which kills it, too. It reports whether child ended by itself.
//
// contract: BOOT-17
func End(ctx context.Context, child *proc.Child, grace time.Duration) bool {
	_ = child.Signal(syscall.SIGTERM) // an error means that it is gone, or that the last step of the stop ends it
	_ = child.Signal(syscall.SIGCONT)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-child.Done():
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	_ = child.Signal(syscall.SIGKILL)
	select {
	case <-child.Done():
	case <-ctx.Done():
	}
	return false
}
