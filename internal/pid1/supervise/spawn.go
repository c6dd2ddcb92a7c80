package supervise

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/held"
	"caduceus/internal/pid1/output"
	"caduceus/internal/pid1/pipes"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/s6"
)

// Bounds of what is read of a service directory.
const (
	maxServiceFD = 4096
	fdReserve    = 16 // descriptors that a spawn needs for itself
)

// exitKilled stands for the exit code of a killed run in the arguments of finish.
const exitKilled = 256

// asksConfig reports whether what follows from an event may depend on the files of the service directory, as they are now.
func asksConfig(e event, s state) bool {
	switch {
	case e >= evStarted && e <= evClear: // it follows at once from an event for which they were read
		return false
	case e == evVanish, e == evVanishLogger, s == stVanished: // it is gone
		return false
	case e == evStop && s == stDown:
		return false
	}
	return true
}

// configFor is the configuration that decides about an event.
func (r *runner) configFor(e event) s6.Config {
	if asksConfig(e, r.m.state) {
		r.latest = r.readConfig()
	}
	return r.latest
}

// readConfig reads the files of the service directory as they are now; each set of warnings is logged
// once.
func (r *runner) readConfig() s6.Config {
	config, warnings := s6.ReadConfigDir(r.opt.Dir, maxFD())
	if !slices.Equal(warnings, r.warned) {
		for _, w := range warnings {
			r.warnf("%s", w)
		}
	}
	r.warned = warnings
	if r.opt.Logger {
		config.RestartMax = 0 // its service stops when the pipe is full
	}
	return config
}

// maxFD is the highest descriptor that a child can get.
func maxFD() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return maxServiceFD
	}
	return int(min(limit.Cur-min(limit.Cur, fdReserve), maxServiceFD))
}

// spawnRun starts run and reports the outcome to the machine.
func (r *runner) spawnRun() {
	r.latest = r.readConfig()
	r.config = r.latest
	c := r.config
	if c.NotificationFD != 0 && c.NotificationFD == c.LockFD {
		err := fmt.Errorf("cannot start run: notification-fd and lock-fd are both %d", c.LockFD)
		r.warnf("%v", err)
		r.unstart(err)
		r.step(evRefused, input{})
		return
	}
	if err := r.tryRun(c); err != nil {
		r.unstart(fmt.Errorf("cannot start run: %w", err))
		r.step(evUnstarted, input{})
		return
	}
	if r.pipe != nil {
		go r.pipe.listen()
	}
	r.step(evStarted, input{pid: r.child.Pid()})
	if r.opt.Started != nil {
		r.opt.Started()
	}
}

// tryRun spawns run with its extra descriptors.
func (r *runner) tryRun(c s6.Config) (err error) {
	r.pipe = nil
	spec := proc.Spec{
		Path: "./" + s6.RunFile,
		Argv: []string{"./" + s6.RunFile, r.opt.Name},
		Attr: &syscall.SysProcAttr{Setsid: true},
	}
	spec.Files = r.stdio(c)
	if c.NewPidNS {
		spec.Attr.Cloneflags = syscall.CLONE_NEWPID
	}
	if c.NotificationFD != 0 {
		var far *os.File
		if r.pipe, far, err = newReadyPipe(r.pipeKind()); err != nil {
			return err
		}
		defer func() { _ = far.Close() }() // the child has it
		spec.Files = withFile(spec.Files, c.NotificationFD, far)
	}
	if c.LockFD != 0 {
		var lock *os.File
		if lock, err = r.openServiceLock(); err != nil {
			r.pipe.drop()
			return err
		}
		defer func() { _ = lock.Close() }() // the child has it
		spec.Files = withFile(spec.Files, c.LockFD, lock)
		spec.Argv = append([]string{s6.LockModeArgv0, strconv.Itoa(c.LockFD), spec.Path}, spec.Argv...)
		spec.Path = "/proc/self/exe"
	}
	err = r.spawn(spec, r.opt.Environ(), false)
	if err != nil {
		r.pipe.drop()
	}
	return err
}

// spawnFinish starts finish and reports the outcome to the machine. The script
// cannot see whether the operator sent a signal to run, so its environment has that.
func (r *runner) spawnFinish() {
	ws := r.m.status.Wait
	code, sig := ws.ExitStatus(), 0
	if ws.Signaled() {
		code, sig = exitKilled, int(ws.Signal())
	}
	spec := proc.Spec{
		Path: "./" + s6.FinishFile,
		Argv: []string{
			s6.FinishFile, strconv.Itoa(code), strconv.Itoa(sig), r.opt.Name, strconv.Itoa(r.m.status.PGID),
		},
		Files: r.stdio(r.config),
		Attr:  &syscall.SysProcAttr{Setsid: true},
	}
	environ := append(slices.Clip(r.opt.Environ()), env.RunSignalled.String()+"="+digit(r.m.asked != ""), env.RunWanted.String()+"="+digit(r.m.status.WantUp))
	if err := r.spawn(spec, environ, true); err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			r.warnf("cannot start finish: %v", err)
		}
		r.step(evFinished, input{})
		return
	}
	r.step(evFinishing, input{pid: r.child.Pid()})
}

func digit(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}

// spawn makes a file of the service directory the process that moves the machine; a script on a noexec mount by
// its interpreter (SUP-27).
func (r *runner) spawn(spec proc.Spec, environ []string, isFinish bool) (err error) {
	if !r.opt.Dir.Exists(spec.Path) { // most services have no finish: no fork to find that out
		return syscall.ENOENT
	}
	spec.Dir, spec.Env = r.opt.Dir.Path(), environ
	err = r.execute(spec, isFinish)
	if !errors.Is(err, syscall.EACCES) {
		return err
	}
	argv, why := interpreter(r.opt.Dir, spec.Path, spec.Argv)
	if why != nil {
		return why
	}
	spec.Path, spec.Argv = argv[0], argv
	return r.execute(spec, isFinish)
}

// execute starts a program. Where there are records, the process is on record before it becomes the program, and marked
// where its leftovers are to be known; below a pids limit that has no room for that, at once afterwards.
//
// spec: SUP-113
func (r *runner) execute(spec proc.Spec, isFinish bool) error {
	if r.opt.Admit != nil && !isFinish {
		if err := r.opt.Admit(); err != nil {
			return err
		}
	}
	if !r.opt.Record && r.config.Leftovers == 0 || !proc.RoomToPrepare(os.ReadFile) {
		child, err := r.opt.Procs.Spawn(spec)
		if err == nil {
			r.mark(child)
			r.watch(child, isFinish)
		}
		if err == nil && r.opt.Record {
			r.childStart = proc.StartOf(child.Pid())
			r.try(s6.RecordFile, r.save())
		}
		return err
	}
	p, err := r.opt.Procs.Prepare(spec)
	if err != nil {
		return err
	}
	r.mark(p.Child)
	r.watch(p.Child, isFinish)
	r.childStart = proc.StartOf(p.Pid())
	if err = r.save(); err != nil {
		p.Cancel()
	} else {
		_, err = p.Execute()
	}
	if err != nil {
		r.child = nil
		r.try(s6.RecordFile, r.save())
	}
	return err
}

// watch makes child the process that moves the machine.
func (r *runner) watch(child *proc.Child, isFinish bool) {
	r.child, r.isFinish, r.killed, r.oomKills = child, isFinish, false, r.opt.OOMKills()
}

// pipeKind is that of the pipes to run and finish.
func (r *runner) pipeKind() pipes.Kind {
	if r.opt.Record {
		return pipes.Lasting
	}
	return 0
}

// stdio are the descriptors 0 to 2 of run and finish.
func (r *runner) stdio(c s6.Config) []*os.File {
	in, out, errs := r.opt.Stdin, r.opt.Stdout, r.opt.Stderr
	if c.OutputPrefix != "" || c.OutputMax > 0 {
		out, errs = r.prefixed(0, out, c), r.prefixed(1, errs, c)
	}
	if r.opt.Pipe != nil && !r.dropped {
		if r.opt.Logger {
			in = r.opt.Pipe
		} else {
			out = r.opt.Pipe
		}
	}
	return []*os.File{in, out, errs}
}

// prefixed is the pipe to one of the outputs of the init with a prefix to each
// line and a limit to all of them, the output itself if there can be none.
func (r *runner) prefixed(which int, out *os.File, c s6.Config) *os.File {
	if r.prefixers[which] == nil {
		p, err := output.New(r.pipeKind(), out, r.opt.OutputLock, r.note)
		if err != nil {
			r.warnf("cannot prefix the output: %v", err)
			return out
		}
		r.prefixers[which] = p
	}
	r.prefixers[which].Use(c.OutputPrefix, c.OutputMax)
	return r.prefixers[which].Writer
}

// openServiceLock makes and opens the lock file of lock-fd, and warns if a run
// of an earlier supervisor still holds it.
func (r *runner) openServiceLock() (*os.File, error) {
	lock, err := r.files.supervise.OpenOrCreate(s6.ServiceLockFile, unix.O_RDWR|unix.O_NONBLOCK, modeServiceLock)
	if err != nil {
		return nil, err
	}
	if held.Locked(lock) {
		r.warnf("%s is held by another process: run waits for it", s6.ServiceLockFile)
	}
	return lock, nil
}

// withFile puts f at descriptor fd.
func withFile(files []*os.File, fd int, f *os.File) []*os.File {
	for len(files) <= fd {
		files = append(files, nil)
	}
	files[fd] = f
	return files
}
