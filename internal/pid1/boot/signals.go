package boot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"caduceus/internal/s6"
)

// reaction is what a signal makes /init do.
type reaction uint8

const (
	ignore  reaction = iota
	halt             // the ladder
	rescan           // look for new services, and forget those that are gone
	look             // look for new services
	quit             // leave at once
	forward          // hand it to CMD
)

// reactionTo is the table of SUP-58. While CMD lives and asked for it, some signals are CMD's alone.
//
// spec: SUP-58, SUP-75
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
	}
	return ignore
}

// errLoggersToo is the cause of a stop that does not wait for loggers to read all.
var errLoggersToo = errors.New("control letter 'q'")

func (m *machine) react(sig syscall.Signal) {
	if sig == syscall.SIGHUP && m.hangup.swallow() {
		return
	}
	cmd := m.cmd.Load()
	if m.start.cmdSignals && cmd != nil && reactionTo(sig, true) == forward && cmd.Signal(sig) == nil {
		return
	}
	if m.scandir.Load() != nil && m.diverted(sig) {
		return
	}
	m.do(reactionTo(sig, false), fmt.Errorf("signal %s", s6.SignalName(sig)))
}

func (m *machine) obey(letter byte) {
	why := fmt.Errorf("control letter %q", letter)
	if letter == 'q' {
		why = errLoggersToo
	}
	m.do(requestFor(letter), why)
}

func (m *machine) do(r reaction, why error) {
	scandir := m.scandir.Load()
	switch {
	case r == halt:
		m.halt(why)
	case r == quit:
		m.stepf("leaving at once: %v", why)
		m.skip()
	case scandir == nil:
	case r == look:
		scandir.Scan()
	case r == rescan:
		scandir.Scan()
		scandir.Prune(false)
	}
}

// diverted runs the script that replaces the action of sig, if there is one. It is not waited for.
//
// spec: SUP-59
func (m *machine) diverted(sig syscall.Signal) bool {
	if !s6.Diverted(sig) {
		return false
	}
	script := filepath.Join(run("service"), s6.SvscanDir, s6.SignalName(sig))
	if info, err := os.Stat(script); err != nil || info.Mode()&0o111 == 0 {
		return false
	}
	attr := &syscall.SysProcAttr{}
	owner, err := ownerOf(m.scandir.Load().Held())
	if owner != nil {
		attr.Credential = owner.Credential()
	}
	if err == nil {
		_, err = m.spawn(program{argv: []string{script}, dir: run("service"), attr: attr})
	}
	if err != nil {
		m.warnf("cannot execute %q: %v", script, err)
	}
	return err == nil
}

// hangups counts the SIGHUPs to swallow that giving up a terminal sends to ourselves.
type hangups struct{ due atomic.Int32 }

func (h *hangups) expect() { h.due.Add(1) }

func (h *hangups) swallow() bool {
	for {
		n := h.due.Load()
		if n == 0 {
			return false
		}
		if h.due.CompareAndSwap(n, n-1) {
			return true
		}
	}
}
