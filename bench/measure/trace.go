package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Trace is what an init made the kernel do. Threads are not processes, and CMD is one.
type Trace struct {
	Processes int // created up to the start of CMD
	Programs  int // executed up to that start, CMD included
	Threads   int // made by PID 1 up to that start, its first included
	After     int // processes created from the end of CMD on
	Exit      int // code of the init
}

// Trace runs the init with a CMD that ends by itself, under ptrace, which takes its time: nothing
// about it is measured.
func (r *Setup) Trace(ctx context.Context) (Trace, error) {
	if r.subject.Scandir {
		return Trace{}, fmt.Errorf("cannot trace %q: it has no CMD", r.subject.Name)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	text, err := json.Marshal(task{Trace: &trial{Root: r.root, Entry: r.entry("/"+cmdFile, "0.1"), Cmd: r.path(cmdFile)}})
	if err != nil {
		return Trace{}, err
	}
	c := exec.CommandContext(ctx, "/proc/self/exe")
	c.Env = []string{taskEnv + "=" + string(text)}
	out, err := c.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return Trace{}, fmt.Errorf("cannot trace %q: %s", r.subject.Name, exit.Stderr)
	}
	if err != nil {
		return Trace{}, fmt.Errorf("cannot trace %q: %w", r.subject.Name, err)
	}
	var t Trace
	return t, json.Unmarshal(out, &t)
}

// tracer follows all processes of one setup.
type tracer struct {
	Trace
	root    int          // PID 1, from outside
	started int          // programs that PID 1 became: env, then the init
	cmd     int          // pid of CMD
	cmdOver bool         // CMD has ended
	known   map[int]bool // tasks whose first stop was seen
	counted map[int]bool // tasks that were counted
	early   map[int]bool // processes that were there before CMD and have executed nothing yet
	cmdPath string
}

// becameInit is when PID 1 has become the init: the rig and env came before.
const becameInit = 2

// trace is the process that traces, and prints a Trace.
func trace(o trial) error {
	runtime.LockOSThread() // all requests must come from the thread that traces
	c, err := o.Root.Command(o.Entry)
	if err != nil {
		return err
	}
	c.Stderr = os.Stderr
	c.SysProcAttr.Ptrace = true
	if err := c.Start(); err != nil {
		return err
	}
	t := tracer{root: c.Process.Pid, known: map[int]bool{}, counted: map[int]bool{}, early: map[int]bool{}, cmdPath: o.Cmd}
	if err := t.follow(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(t.Trace)
}

// follow goes from stop to stop until PID 1 has ended.
func (t *tracer) follow() error {
	options := syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACEFORK | syscall.PTRACE_O_TRACEVFORK |
		syscall.PTRACE_O_TRACEEXEC | unix.PTRACE_O_EXITKILL
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("cannot wait for what is traced: %w", err)
		case status.Exited() || status.Signaled():
			if t.gone(pid, status) {
				return nil
			}
			continue
		}
		deliver := 0
		switch sig, cause := status.StopSignal(), status.TrapCause(); {
		case cause > 0:
			t.event(pid, cause)
		case !t.known[pid]: // the stop with which a tracee begins
			t.known[pid] = true
			t.born(pid)
			if pid == t.root {
				err = unix.PtraceSetOptions(pid, options)
			}
		case sig == unix.SIGTRAP:
		default:
			deliver = int(sig)
		}
		if err == nil {
			err = unix.PtraceCont(pid, deliver)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) { // killed meanwhile
			return fmt.Errorf("cannot trace process %d: %w", pid, err)
		}
	}
}

// event takes note of a new task or a new program.
func (t *tracer) event(pid, cause int) {
	if cause == unix.PTRACE_EVENT_EXEC {
		t.executed(pid)
		return
	}
	if child, err := unix.PtraceGetEventMsg(pid); err == nil {
		t.born(int(child))
	}
}

// born counts a task once. Either its parent's event or its own first stop is seen first.
func (t *tracer) born(pid int) {
	if t.counted[pid] || t.started < becameInit {
		return
	}
	t.counted[pid] = true
	_, err := os.Stat(fmt.Sprintf("/proc/%d/task/%d", t.root, pid))
	thread := err == nil
	switch {
	case thread && t.cmd == 0:
		t.Threads++
	case thread:
	case t.cmd == 0:
		t.Processes++
		t.early[pid] = true
	case t.cmdOver:
		t.After++
	}
}

func (t *tracer) executed(pid int) {
	if pid == t.root && t.started < becameInit {
		t.started++
		t.Threads = 1
		return
	}
	// Stops do not come in the order in which they happened: that of a process that was there before CMD
	// may come after CMD's.
	if t.cmd == 0 || t.early[pid] {
		t.Programs++
	}
	delete(t.early, pid)
	if t.cmd != 0 {
		return
	}
	program, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return
	}
	if info, err := os.Stat(t.cmdPath); err == nil && os.SameFile(program, info) {
		t.cmd = pid
	}
}

// gone notes the end of a process, and reports whether it was the last one.
func (t *tracer) gone(pid int, status unix.WaitStatus) bool {
	switch pid {
	case t.cmd:
		t.cmdOver = true
	case t.root:
		if t.Exit = status.ExitStatus(); status.Signaled() {
			t.Exit = 128 + int(status.Signal())
		}
		return true
	}
	return false
}
