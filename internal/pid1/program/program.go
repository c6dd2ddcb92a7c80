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
	"caduceus/internal/pid1/contenv"
	"caduceus/internal/pid1/output"
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

	// Steps gets the lines that scripts and oneshots print on stdout, Warnings those on stderr. Without Steps
	// both have one stream, in the order in which they are written.
	Steps, Warnings func(line []byte)
}

// Runner runs programs. It is safe for concurrent use.
type Runner struct {
	opt  Options
	null *os.File

	mu     sync.Mutex
	alive  map[*proc.Child]bool
	prints map[*proc.Child][]*output.Lines // of those that are not settled
	closed bool
}

// NewRunner returns a Runner of which no program is alive.
func NewRunner(o Options) (*Runner, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open %q: %w", os.DevNull, err)
	}
	return &Runner{opt: o, null: null, alive: map[*proc.Child]bool{}, prints: map[*proc.Child][]*output.Lines{}}, nil
}

// Program is something to execute. Its zero values: stdin from /dev/null, output to the log, where /init is.
type Program struct {
	Argv  []string
	Dir   string
	Stdin *os.File
	Attr  *syscall.SysProcAttr // nil: as package proc has it

	Stdout, Stderr *os.File // nil, both: the log, and Settle waits for the last line
}

// Start starts p. The error is the errno.
func (r *Runner) Start(p Program) (*proc.Child, error) {
	var lines []*output.Lines
	if p.Stdout == nil {
		p.Stdout, p.Stderr, lines = r.streams()
	}
	child, err := r.start(p)
	for _, l := range lines {
		_ = l.Writer.Close() // a pipe: nothing is buffered here
	}
	if err == nil && len(lines) > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.prints[child] = lines
	}
	return child, err
}

// streams are pipes to the log. Where there are none to be had, the program prints to the container's stderr.
func (r *Runner) streams() (stdout, stderr *os.File, lines []*output.Lines) {
	warnings, err := output.NewLines(r.opt.Warnings)
	if err != nil {
		return os.Stderr, os.Stderr, nil
	}
	if r.opt.Steps == nil {
		return warnings.Writer, warnings.Writer, []*output.Lines{warnings}
	}
	steps, err := output.NewLines(r.opt.Steps)
	if err != nil {
		return warnings.Writer, warnings.Writer, []*output.Lines{warnings}
	}
	return steps.Writer, warnings.Writer, []*output.Lines{steps, warnings}
}

// settleLimit is how long the next step waits for the output of a program that has ended, but left others behind.
const settleLimit = 100 * time.Millisecond

// Settle waits until what an ended program has printed is in the log.
func (r *Runner) Settle(c *proc.Child) {
	r.mu.Lock()
	lines := r.prints[c]
	delete(r.prints, c)
	r.mu.Unlock()
	for _, l := range lines {
		l.Settle(settleLimit)
	}
}

func (r *Runner) start(p Program) (*proc.Child, error) {
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
		Files: []*os.File{p.Stdin, p.Stdout, p.Stderr}, Attr: p.Attr,
	}
	if through, ok := contenv.Through(file, p.Dir, p.Argv, r.opt.Environ); ok {
		short := spec
		short.Path, short.Argv, short.Env = through.Path, through.Argv, through.Environ
		if child, err := r.opt.Procs.Spawn(short); err == nil {
			return child, nil
		}
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
		r.Settle(child)
		return child.Status(), nil
	case <-ctx.Done():
	}
	if r.opt.Stop.Err() == nil {
		End(r.opt.Stop, child, r.opt.Grace)
		r.forget(child)
		r.Settle(child)
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
