package boot

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"caduceus/internal/launch"
	"caduceus/internal/pid1/container"
	"caduceus/internal/pid1/program"
	"caduceus/internal/pid1/stop"
	"caduceus/internal/s6"
)

// reaction is what a signal makes /init do.
type reaction uint8

const (
	ignore  reaction = iota
	halt             // the stop
	rescan           // look for new services, and forget those that are gone
	look             // look for new services
	quit             // leave at once
	forward          // hand it to CMD
	hold             // start the service that holds the volume
)

// reactionTo is the table of SUP-58. While CMD lives and asked for it, some signals are CMD's alone.
//
// spec: SUP-58
func reactionTo(sig syscall.Signal, forCmd bool) reaction {
	switch sig {
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPWR:
		if forCmd {
			return forward
		}
		return halt
	case syscall.SIGQUIT, syscall.SIGWINCH:
		if forCmd {
			return forward
		}
	case syscall.SIGHUP:
		return rescan
	case syscall.SIGALRM:
		return look
	case syscall.SIGABRT:
		return quit
	}
	return ignore
}

// requestFor translates a control letter that the scandir leaves to its owner.
//
// spec: SUP-57
func requestFor(letter byte) reaction {
	switch letter {
	case 't', 'i', 'q':
		return halt
	case 'b':
		return quit
	case 'V':
		return hold
	}
	return ignore
}

// signals makes the container obey signals and the letters of the scandir, in boot and stop alike.
type signals struct {
	*container.Container
	taken  chan struct{} // closed when those with a meaning are taken
	hangup hangups
}

func newSignals(c *container.Container) *signals {
	return &signals{Container: c, taken: make(chan struct{})}
}

// react does what a signal means.
func (s *signals) react(sig syscall.Signal) {
	if sig == syscall.SIGHUP && s.hangup.swallow() {
		return
	}
	cmd := s.Cmd.Load()
	if s.Settings.Start.CmdSignals && cmd != nil && reactionTo(sig, true) == forward && cmd.Signal(sig) == nil {
		return
	}
	if s.Services.Opened() && s.diverted(sig) {
		return
	}
	s.do(reactionTo(sig, false), fmt.Errorf("signal %s", s6.SignalName(sig)))
}

// obey does what a letter of the scandir means.
func (s *signals) obey(letter byte) {
	why := fmt.Errorf("control letter %q", letter)
	if letter == 'q' {
		why = stop.ErrLoggersToo
	}
	s.do(requestFor(letter), why)
}

func (s *signals) do(r reaction, why error) {
	switch r {
	case halt:
		s.Stop.Ask(why)
	case quit:
		s.Infof("leaving at once: %v", why)
		s.Stop.Abort()
	case look:
		s.Services.Scan()
	case rescan:
		s.Services.Scan()
		s.Services.Prune()
	case hold:
		s.Services.HoldVolume()
	}
}

// diverted runs the script that replaces the action of sig, and reports whether there is one. Nobody
// waits for its end.
//
// spec: SUP-59
func (s *signals) diverted(sig syscall.Signal) bool {
	if !s6.Diverted(sig) {
		return false
	}
	script := filepath.Join(s.Services.Dir(), s6.SvscanDir, s6.SignalName(sig))
	if launch.Executable(script) != nil {
		return false
	}
	_, err := s.Programs.Start(program.Program{
		Argv: []string{script}, Dir: s.Services.Dir(), Attr: &syscall.SysProcAttr{}, Stdout: os.Stderr, Stderr: os.Stderr,
	})
	if err != nil {
		s.Warnf("cannot execute %q: %v", script, err)
	}
	return err == nil
}
