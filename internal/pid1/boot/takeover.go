package boot

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"caduceus/internal/cmdline"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/program"
	"caduceus/internal/pid1/services"
)

// comm is the process name that the agent looks for to recognise its init (contract: BOOT-06).
const comm = "s6-svscan"

// takeOver makes an init of the process, whatever it was started as.
func (b *boot) takeOver() error {
	// Descriptors 0 to 2 are open: the Go runtime puts /dev/null where one is not.
	var err error
	if b.Procs, err = proc.NewTable(); err != nil { // first, as it makes its threads meanwhile
		return fmt.Errorf("cannot start the process table: %w", err)
	}
	if err = b.addPrograms(); err != nil {
		return err
	}
	b.signals.take()
	unix.Umask(0o022)
	if os.Getpid() != 1 {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			b.Warnf("cannot become subreaper, orphans are not reaped: %v", err)
		}
	}
	// The file sets the name of the first thread, and so of the process; prctl would set that of this thread.
	if err := os.WriteFile("/proc/self/comm", []byte(comm), 0); err != nil {
		b.Warnf("cannot take the process name %q: %v", comm, err)
	}
	if b.cwd, err = os.Getwd(); err != nil {
		b.cwd = ""
	}
	b.tty = lookAtTerminal()
	if fd := b.Settings.Start.ClosingFD; fd != 0 {
		if err := awaitClosing(b.Stop.Asked(), fd); err != nil {
			b.Warnf("cannot wait for descriptor %d to close: %v", fd, err)
		}
	}
	return nil
}

// addPrograms adds programs and services to the container, of which none runs yet.
func (b *boot) addPrograms() (err error) {
	options := program.Options{
		Procs: b.Procs, Environ: b.Environ, Stop: b.Stop.Asked(), Grace: b.Settings.Start.KillGrace,
		Ready: b.signals.taken, Started: b.Settings.ProgramsRun,
		Warnings: func(line []byte) { b.Log.Pass(line, false) },
	}
	if b.quiet {
		options.Steps = func(line []byte) { b.Log.Pass(line, true) }
	}
	b.Programs, err = program.NewRunner(options)
	b.Services = services.New(services.Options{
		Procs: b.Procs, Programs: b.Programs, Settings: b.Settings, Log: b.Logger, Environ: b.Environ, Stop: b.Stop.Asked(),
		Aside: b.kind == cmdline.Program, Version: b.version,
	})
	return err
}

// awaitClosing reads the inherited descriptor fd to its end, or until ctx ends. Somebody outside closes the other
// end when the container may start.
func awaitClosing(ctx context.Context, fd int) error {
	// An inherited descriptor is not close-on-exec; one that is belongs to the Go runtime.
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC != 0 {
		return unix.EBADF
	}
	defer func() { _ = unix.Close(fd) }()
	buf := make([]byte, 512)
	for ctx.Err() == nil {
		// A read cannot be interrupted, so it is done only when it does not wait.
		if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 100); n <= 0 {
			if err != nil && err != unix.EINTR {
				return err
			}
			continue
		}
		n, err := unix.Read(fd, buf)
		switch {
		case err == unix.EINTR, err == unix.EAGAIN:
		case n <= 0:
			return err
		}
	}
	return nil
}
