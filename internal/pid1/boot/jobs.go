package boot

import (
	"context"
	"os"
	"sync"
	"syscall"
	"time"

	"caduceus/internal/contenv"
	"caduceus/internal/launch"
	"caduceus/internal/pid1/proc"
)

// jobs are the programs that the boot itself runs and that are alive: scripts, oneshots, CMD. The
// ladder closes the set, so that what starts too late is told to stop at once.
type jobs struct {
	mu     sync.Mutex
	alive  map[*proc.Child]bool
	closed bool
}

func newJobs() *jobs { return &jobs{alive: map[*proc.Child]bool{}} }

func (j *jobs) add(c *proc.Child) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.alive[c] = true
	if j.closed {
		_ = c.Signal(syscall.SIGTERM) // it is gone, or endOthers sees to it
	}
}

func (j *jobs) remove(c *proc.Child) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.alive, c)
}

// close gives the jobs to end; none is added quietly from here on.
func (j *jobs) close() []*proc.Child {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	var out []*proc.Child
	for c := range j.alive {
		out = append(out, c)
	}
	return out
}

// program is something to execute. Its zero values: stdin from /dev/null, in a session of its own,
// where /init is.
type program struct {
	argv  []string
	dir   string
	stdin *os.File
	attr  *syscall.SysProcAttr
}

// spawn executes p with the environment of the services. The error is the errno.
func (m *machine) spawn(p program) (*proc.Child, error) {
	m.others.Store(true)
	<-m.signals
	path, _ := contenv.Lookup(m.environ, "PATH")
	file, err := launch.Find(p.argv[0], path)
	if err != nil {
		return nil, err
	}
	if p.stdin == nil {
		p.stdin = m.null
	}
	spec := proc.Spec{
		Path: file, Argv: p.argv, Env: m.childEnv(), Dir: p.dir,
		Files: []*os.File{p.stdin, os.Stdout, os.Stderr}, Attr: p.attr,
	}
	child, err := m.procs.Spawn(spec)
	if err == nil {
		return child, nil
	}
	words := launch.Alternative(file, p.argv, p.dir, err)
	if words == nil {
		return nil, err
	}
	spec.Path, spec.Argv = words[0], words
	return m.procs.Spawn(spec)
}

// perform runs a script or oneshot to its end. If the container is to stop first, it returns at
// once and leaves the program to endCmd; if only ctx ends, the program is ended here.
func (m *machine) perform(ctx context.Context, argv []string) (syscall.WaitStatus, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	child, err := m.spawn(program{argv: argv})
	if err != nil {
		return 0, err
	}
	m.jobs.add(child)
	select {
	case <-child.Done():
		m.jobs.remove(child)
		return child.Status(), nil
	case <-ctx.Done():
	}
	if !m.stopping() {
		m.end(m.ctx, child, m.start.killGrace)
		m.jobs.remove(child)
	}
	return 0, ctx.Err()
}

// end asks child to stop, kills it after grace, and returns when it is gone or ctx ends, which
// kills it, too.
//
// contract: BOOT-17
func (m *machine) end(ctx context.Context, child *proc.Child, grace time.Duration) {
	_ = child.Signal(syscall.SIGTERM) // an error means that it is gone, or that endOthers is the last means
	_ = child.Signal(syscall.SIGCONT)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-child.Done():
		return
	case <-timer.C:
	case <-ctx.Done():
	}
	_ = child.Signal(syscall.SIGKILL)
	select {
	case <-child.Done():
	case <-ctx.Done():
	}
}

// outcome is the exit code for how a program ended, or for why it could not be executed.
func outcome(ws syscall.WaitStatus, err error) int {
	if err != nil {
		return launch.ErrorCode(err)
	}
	return launch.Code(ws)
}
