package boot

import (
	"bytes"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// take catches every signal that could end the process; none is ever ignored, as that would
// survive exec. Each costs a hand-over to the runtime's own thread, 50 µs: so only those that engines
// stop containers with are taken at once, and the others while the boot goes on, those with a meaning
// before it starts its first program. So are all others where some were ignored from the start,
// as by an init above this one: that would survive, too. Real-time signals do nothing to a Go program
// that does not ask for them; SIGCHLD is the process table's, SIGURG the runtime's.
//
// spec: SUP-86
func (s *signals) take() {
	c := make(chan os.Signal, 128)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	go func() {
		signal.Notify(c, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPWR, syscall.SIGALRM,
			syscall.SIGABRT, syscall.SIGWINCH)
		status, err := os.ReadFile("/proc/self/status")
		early := err != nil || ignoresSignals(status)
		if early {
			signal.Notify(c, allSignals()...)
		}
		close(s.taken)
		if !early {
			signal.Notify(c, allSignals()...)
		}
		for sig := range c {
			s.react(sig.(syscall.Signal))
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

// ignoresSignals reports whether a process ignores a signal, by its status file.
func ignoresSignals(status []byte) bool {
	return !bytes.Contains(status, []byte("\nSigIgn:\t0000000000000000\n"))
}

// hangups counts the SIGHUPs that /init sends to itself by giving up a terminal, and that mean nothing.
type hangups struct{ due atomic.Int32 }

func (h *hangups) expect() { h.due.Add(1) }

// swallow reports whether a SIGHUP was expected; it counts as one then.
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
