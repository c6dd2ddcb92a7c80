package rig

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// failed is the exit code of a process that could not become the init.
const failed = 2

// Enter turns this process into the init that the rig started it for, and never returns then.
// Otherwise it does nothing.
func Enter() {
	e, was, err := entered()
	if !was {
		return
	}
	runtime.LockOSThread() // some of what is set belongs to the thread
	if err == nil {
		err = e.enter()
	}
	fmt.Fprintln(os.Stderr, "rig:", err)
	os.Exit(failed) //nolint:forbidigo // this process is no program of the user's: nobody is to go on
}

// enter runs as PID 1 of new namespaces and ends by becoming the init.
func (e Entry) enter() error {
	unix.Umask(e.Umask)
	var steps []func() error
	steps = append(steps, e.limits, e.dropBounding) // the bounding set counts from the exec on
	steps = append(steps, e.mounts()...)
	steps = append(steps, e.enterRoot, e.copy, e.becomeUser)
	for i, do := range steps {
		if err := do(); err != nil {
			return fmt.Errorf("cannot enter %q, step %d: %w", e.Root, i, err)
		}
	}
	if e.Above {
		return e.runBelow()
	}
	return unix.Exec(e.Argv[0], e.Argv, e.Env)
}

// limits puts this process, and so the init, below its limits.
func (e Entry) limits() error {
	if e.Realtime > 0 {
		if err := Realtime(e.Realtime); err != nil {
			return fmt.Errorf("cannot get real-time priority: %w", err)
		}
	}
	if e.Tasks > 0 {
		return unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: e.Tasks, Max: e.Tasks})
	}
	if e.Cgroup == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(e.Cgroup, "cgroup.procs"), []byte("0"), 0)
}

func (e Entry) dropBounding() error {
	for _, c := range e.Drop {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

func (e Entry) mounts() []func() error {
	steps := []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount(e.Root, e.Root, "", unix.MS_BIND, "") },
	}
	for _, dir := range e.Borrow {
		steps = append(steps, func() error { return unix.Mount(dir, e.Root+dir, "", unix.MS_BIND|unix.MS_REC, "") })
	}
	if e.ReadOnly {
		steps = append(steps, func() error { return unix.Mount("", e.Root, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "") })
	}
	return append(steps,
		func() error { return unix.Mount("proc", e.Root+"/proc", "proc", 0, "") },
		e.mountRun,
		func() error { return unix.Mount("tmpfs", e.Root+"/tmp", "tmpfs", 0, "mode=1777") })
}

func (e Entry) mountRun() error {
	run := e.Root + "/run"
	if !e.RunDir {
		return unix.Mount("tmpfs", run, "tmpfs", e.RunFlags, "mode="+cmp.Or(e.RunMode, "755"))
	}
	if err := unix.Mount(run, run, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	return unix.Mount("", run, "", unix.MS_BIND|unix.MS_REMOUNT|e.RunFlags, "")
}

func (e Entry) enterRoot() error {
	if err := unix.Chroot(e.Root); err != nil {
		return err
	}
	if e.Dir == "" {
		return unix.Chdir("/")
	}
	return unix.Chdir(e.Dir)
}

func (e Entry) copy() error {
	if e.Copy[0] == "" {
		return nil
	}
	return os.CopyFS(e.Copy[1], os.DirFS(e.Copy[0]))
}

func (e Entry) becomeUser() error {
	if !e.UserNS { // where the kernel forbids it
		if err := unix.Setgroups(nil); err != nil { // whoever uses the rig may have some
			return err
		}
	}
	if err := unix.Setresgid(e.UID, e.UID, e.UID); err != nil {
		return err
	}
	if err := unix.Setresuid(e.UID, e.UID, e.UID); err != nil {
		return err
	}
	if e.NoNewPrivs {
		return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	}
	return nil
}

// Realtime lets this thread, and what it executes, run before what has no such priority.
func Realtime(priority uint32) error {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: priority}
	return unix.SchedSetAttr(0, &attr, 0)
}
