package proc

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Spec describes a child. Path is executed as it is: no PATH look-up. A nil
// Attr gives the child its own session.
type Spec struct {
	Path  string
	Argv  []string
	Env   []string
	Dir   string
	Files []*os.File // index = descriptor in the child; nil = closed there
	Attr  *syscall.SysProcAttr
}

// Spawn starts a child with no signal blocked or ignored. The error is the
// errno of what failed before the exec, or of the exec itself (ENOENT, EACCES,
// ENOEXEC and so on). No lock is held meanwhile: an exec may hang.
//
// spec: SUP-103
func (t *Table) Spawn(s Spec) (*Child, error) {
	attr := &syscall.ProcAttr{Dir: s.Dir, Env: s.Env, Files: make([]uintptr, len(s.Files)), Sys: s.Attr}
	if attr.Sys == nil {
		attr.Sys = &syscall.SysProcAttr{Setsid: true}
	}
	for i, f := range s.Files {
		fd, err := rawFD(f)
		if err != nil {
			return nil, err
		}
		attr.Files[i] = fd
	}
	<-t.warm // no child may fill the pids limit before (SUP-101)
	t.slot <- struct{}{}
	defer func() { <-t.slot }()
	t.begin()
	pid, err := forkExec(s.Path, s.Argv, attr)
	if err != nil {
		pid = 0
	}
	child := t.end(pid)
	runtime.KeepAlive(s.Files)
	return child, err
}

// forkExec runs on a thread with an empty signal mask, which the child inherits.
func forkExec(path string, argv []string, attr *syscall.ProcAttr) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var old unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, &old); err != nil {
		return 0, err
	}
	// Only the arguments of the call above could make this one fail.
	defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) }()
	return syscall.ForkExec(path, argv, attr)
}

// rawFD is the descriptor of f without a change of its blocking mode, which
// f.Fd would make: the description may be shared (SUP-87).
func rawFD(f *os.File) (uintptr, error) {
	if f == nil {
		return ^uintptr(0), nil
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var raw uintptr
	err = conn.Control(func(fd uintptr) { raw = fd })
	return raw, err
}
