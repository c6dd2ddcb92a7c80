package scan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/launch"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/s6"
)

// Exit codes of scandir mode.
const (
	exitUsage  = 100
	exitFailed = 111
)

// usage is the command line of scandir mode. Its other options have no meaning
// here: there is no limit to choose and no periodic scan.
const usage = "s6-svscan: usage: s6-svscan [ -d notif ] [ scandir ]"

// Main is scandir mode: it scans a directory, without a boot and its stop, until
// it is to end. args are the words after argv[0]; the end of ctx is letter
// t. It returns an exit code, or executes .s6-svscan/finish and does not return.
//
// spec: SUP-58
func Main(ctx context.Context, args []string) int {
	dir, notify, err := parseArgs(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, usage)
		return exitUsage
	}
	// Never Ignore: SIG_IGN survives an exec (SUP-86).
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, handled()...)
	defer signal.Stop(signals)
	procs, err := proc.NewTable()
	if err != nil {
		stderr().Errorf("%v", err)
		return exitFailed
	}
	defer procs.Close()
	s, err := Open(Options{
		Dir: dir, Procs: procs, Log: stderr(), Environ: os.Environ, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	if err != nil {
		stderr().Errorf("%v", err)
		if errors.Is(err, ErrBusy) {
			return exitUsage
		}
		return exitFailed
	}
	m := scanner{scandir: s, procs: procs, dir: dir, over: make(chan struct{})}
	s.Scan()
	m.announce(notify)
	failed := m.serve(ctx, signals)
	if err := s.Close(); err != nil {
		stderr().Warnf("%v", err)
	}
	return m.leave(failed)
}

// handled are the signals that scandir mode takes: all that can be taken, but
// those that belong to the pid table or to the Go runtime.
func handled() []os.Signal {
	var all []os.Signal
	for n := syscall.Signal(1); n <= 31; n++ {
		switch n {
		case syscall.SIGCHLD, syscall.SIGURG, syscall.SIGKILL, syscall.SIGSTOP,
			syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGPROF:
		default:
			all = append(all, n)
		}
	}
	return all
}

func parseArgs(args []string) (dir string, notify int, err error) {
	dir = "."
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		word := args[0]
		if args = args[1:]; word == "--" {
			break
		}
		if word != "-d" || len(args) == 0 {
			return "", 0, errors.New("unknown option")
		}
		if notify, err = strconv.Atoi(args[0]); err != nil || notify < 3 {
			return "", 0, errors.New("not a descriptor")
		}
		args = args[1:]
	}
	if len(args) > 0 {
		dir = args[0]
	}
	return dir, notify, nil
}

// stderr is the log of scandir mode: warnings and errors, each written at once.
func stderr() log.Logger {
	return log.Logger{Source: "s6-svscan", Sink: func(level log.Level, source, text string) {
		if level <= log.Warning {
			fmt.Fprintf(os.Stderr, "%s: %s: %s\n", source, level, log.Escape(text))
		}
	}}
}

// scanner is scandir mode while it runs.
type scanner struct {
	scandir *Scandir
	procs   *proc.Table
	dir     string
	ending  bool
	over    chan struct{} // closed when all services are down
}

// announce writes a newline to the descriptor of -d.
func (m *scanner) announce(fd int) {
	if fd == 0 {
		return
	}
	_, err := unix.Write(fd, []byte("\n"))
	if err = errors.Join(err, unix.Close(fd)); err != nil {
		stderr().Warnf("cannot notify descriptor %d: %v", fd, err)
	}
}

// serve obeys letters and signals until the end; it reports a failure.
func (m *scanner) serve(ctx context.Context, signals <-chan os.Signal) (failed bool) {
	broken := make(chan error, 1)
	go func() { broken <- m.scandir.Run(context.WithoutCancel(ctx)) }()
	done := ctx.Done()
	for {
		var letter byte
		select {
		case sig := <-signals:
			if number, ok := sig.(syscall.Signal); ok && !m.divert(number) {
				letter = letterOf(number)
			}
		case letter = <-m.scandir.Requests():
		case <-done:
			letter, done = 't', nil
		case err := <-broken:
			stderr().Errorf("%v", err)
			return true
		case <-m.over:
			return false
		}
		switch letter {
		case 'a', 'h', 'z':
			m.scandir.obey(letter)
		case 't', 'i', 'q':
			m.end(letter == 'q')
		case 'b':
			return false
		}
	}
}

// letterOf is what a signal means in scandir mode; 0 is nothing.
//
// spec: SUP-58
func letterOf(sig syscall.Signal) byte {
	switch sig {
	case syscall.SIGTERM, syscall.SIGINT:
		return 't'
	case syscall.SIGHUP:
		return 'h'
	case syscall.SIGQUIT:
		return 'q'
	case syscall.SIGALRM:
		return 'a'
	case syscall.SIGABRT:
		return 'b'
	default:
		return 0
	}
}

// divert runs .s6-svscan/SIGNAME in place of what the signal means, if it is
// there and executable.
func (m *scanner) divert(sig syscall.Signal) bool {
	if !s6.Diverted(sig) {
		return false
	}
	path := s6.SvscanDir + "/" + s6.SignalName(sig)
	_, err := m.procs.Spawn(proc.Spec{
		Path: path, Argv: []string{path}, Env: os.Environ(), Dir: m.dir,
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}, Attr: &syscall.SysProcAttr{},
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		stderr().Warnf("cannot execute %q: %v", path, err)
	}
	return err == nil
}

// end stops all services, then all loggers, without bounds.
func (m *scanner) end(loggersToo bool) {
	if m.ending {
		return
	}
	m.ending = true
	m.scandir.Freeze()
	go func() {
		defer close(m.over)
		ctx := context.Background()
		term := time.Duration(1<<63 - 1)
		if loggersToo {
			term = 0
		}
		m.scandir.StopServices(ctx, m.scandir.mains(), func(string) time.Duration { return 0 })
		m.scandir.CloseLoggers(ctx, term)
	}()
}

// leave executes finish, or crash after a failure, and returns an exit code if
// there is none.
func (m *scanner) leave(failed bool) int {
	if err := os.Chdir(m.dir); err != nil {
		stderr().Errorf("%v", err)
		return exitFailed
	}
	if !failed {
		err := execute(s6.SvscanDir + "/" + s6.FinishFile)
		if errors.Is(err, os.ErrNotExist) {
			return 0
		}
		stderr().Errorf("%v", err)
	}
	err := execute(s6.SvscanDir + "/crash")
	switch {
	case !errors.Is(err, os.ErrNotExist):
		stderr().Errorf("%v", err)
		return launch.NotExecutable
	case failed:
		return exitFailed
	default:
		return launch.NotFound
	}
}

func execute(path string) error {
	err := syscall.Exec(path, []string{path}, os.Environ())
	return fmt.Errorf("cannot execute %q: %w", path, err)
}
