package s6

import (
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// ParseSignal reads a signal: a number, or a name in any case, with or without SIG. It refuses names of real-time
// signals.
//
// spec: SUP-24
func ParseSignal(text string) (syscall.Signal, bool) {
	if n, err := strconv.ParseUint(text, 10, 8); err == nil {
		return syscall.Signal(n), n <= 64
	}
	name := strings.ToUpper(text)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	sig := unix.SignalNum(name)
	return sig, sig != 0
}

// SignalName returns the name with SIG. For a signal that has none, such as a real-time one, it is SIG and the number.
func SignalName(sig syscall.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return name
	}
	return "SIG" + strconv.Itoa(int(sig))
}

// Diverted reports whether a scanner may divert sig: run the program of .s6-svscan that has the signal's name, instead
// of what the signal does by default.
//
// spec: SUP-59
func Diverted(sig syscall.Signal) bool {
	switch sig {
	case syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPWR, syscall.SIGWINCH:
		return true
	}
	return false
}
