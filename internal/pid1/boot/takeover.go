package boot

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/contenv"
	"caduceus/internal/pid1/proc"
)

// comm is the process name that the agent looks for to recognise its init (contract: BOOT-06).
const comm = "s6-svscan"

// takeOver makes an init of the process, whatever it was started as.
func (m *machine) takeOver() error {
	// Descriptors 0 to 2 are open: the Go runtime puts /dev/null where one is not.
	var err error
	if m.procs, err = proc.NewTable(); err != nil { // first, as it makes its threads meanwhile
		return fmt.Errorf("cannot start the process table: %w", err)
	}
	m.takeSignals()
	unix.Umask(0o022)
	if os.Getpid() != 1 {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			m.warnf("cannot become subreaper, orphans are not reaped: %v", err)
		}
	}
	// The file names the process by its first thread, which prctl would not from here.
	if err := os.WriteFile("/proc/self/comm", []byte(comm), 0); err != nil {
		m.warnf("cannot take the process name %q: %v", comm, err)
	}
	if m.cwd, err = os.Getwd(); err != nil {
		m.cwd = ""
	}
	m.tty = lookAtTerminal()
	if m.null, err = os.OpenFile(os.DevNull, os.O_RDWR, 0); err != nil {
		return fmt.Errorf("cannot open %q: %w", os.DevNull, err)
	}
	if fd := m.start.closingFd; fd != 0 {
		if err := awaitClosing(m.ctx, fd); err != nil {
			m.warnf("cannot wait for descriptor %d to close: %v", fd, err)
		}
	}
	return nil
}

// awaitClosing reads the inherited descriptor fd to its end, or until ctx ends: somebody outside gets
// ready until then.
func awaitClosing(ctx context.Context, fd int) error {
	// What was inherited survived an exec; what is close-on-exec is the runtime's own.
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC != 0 {
		return unix.EBADF
	}
	defer func() { _ = unix.Close(fd) }()
	buf := make([]byte, 512)
	for ctx.Err() == nil {
		// A read cannot be told to stop, so it is done only when it does not wait.
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

// takeSignals catches every signal that could end the process; none is ever ignored, as that would
// survive exec. Each costs a hand-over to the runtime's own thread, 50 µs: so only those that engines
// stop containers with are taken at once, and the others while the boot goes on, those with a meaning
// before it starts its first program (spawn). So are all others where some were ignored from the start,
// as by an init above this one: that would survive, too. Real-time signals do nothing to a Go program
// that does not ask for them; SIGCHLD is the process table's, SIGURG the runtime's.
//
// spec: SUP-86, SUP-107
func (m *machine) takeSignals() {
	c := make(chan os.Signal, 128)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	taken := make(chan struct{})
	m.signals = taken
	go func() {
		signal.Notify(c, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPWR, syscall.SIGALRM,
			syscall.SIGABRT, syscall.SIGWINCH)
		status, err := os.ReadFile("/proc/self/status")
		early := err != nil || ignoresSignals(status)
		if early {
			signal.Notify(c, allSignals()...)
		}
		close(taken)
		if !early {
			signal.Notify(c, allSignals()...)
		}
		for s := range c {
			m.react(s.(syscall.Signal))
		}
	}()
}

func allSignals() []os.Signal {
	var all []os.Signal
	for s := syscall.Signal(1); s < 32; s++ {
		switch s {
		case syscall.SIGCHLD, syscall.SIGURG, syscall.SIGKILL, syscall.SIGSTOP:
		default:
			all = append(all, s)
		}
	}
	return all
}

// ignoresSignals reads the status file of a process.
func ignoresSignals(status []byte) bool {
	return !bytes.Contains(status, []byte("\nSigIgn:\t0000000000000000\n"))
}

// withPath puts in front of PATH what it lacks of the directories that hold the image's programs.
//
// contract: ENV-04
func withPath(environ []string) []string {
	path, _ := contenv.Lookup(environ, "PATH")
	var dirs, out []string
	if path != "" {
		dirs = strings.Split(path, ":")
	}
	have := map[string]bool{}
	for _, d := range dirs {
		have[d] = true
	}
	var missing []string
	for _, d := range []string{"/command", "/usr/bin", "/bin"} {
		if !have[d] {
			missing = append(missing, d)
		}
	}
	for _, kv := range environ {
		if !strings.HasPrefix(kv, "PATH=") {
			out = append(out, kv)
		}
	}
	return append(out, "PATH="+strings.Join(append(missing, dirs...), ":"))
}
