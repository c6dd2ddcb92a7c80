package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/launch"
	"caduceus/internal/pid1/services"
	"caduceus/internal/s6"
)

// Exit codes of the applets, as in s6 and s6-overlay.
const (
	exitUsage  = 100
	exitFailed = 111
)

// complain writes a line to stderr and returns code.
func complain(code int, format string, a ...any) int {
	fmt.Fprintf(os.Stderr, format+"\n", a...)
	return code
}

// withContenv executes its arguments with the environment of the container.
//
// spec: SUP-63
func withContenv(args []string) int {
	if len(args) == 0 {
		return complain(exitUsage, "with-contenv: usage: with-contenv prog...")
	}
	environ, err := containerEnviron()
	if err != nil {
		return complain(exitFailed, "with-contenv: fatal: %v", err)
	}
	err = launch.Run(args, environ)
	return complain(launch.ErrorCode(err), "with-contenv: fatal: cannot execute %q: %v", args[0], err)
}

// containerEnviron returns the environment of the container. If some files cannot be used, it warns and takes the others.
func containerEnviron() (env.Environ, error) {
	environ, err := env.OfContainer(env.Dir, os.Environ())
	if environ != nil && err != nil {
		complain(0, "with-contenv: warning: %v", err)
		err = nil
	}
	return environ, err
}

// printContenv prints the value of each named variable; without names, the whole environment of the container.
func printContenv(names []string, stdout io.Writer) int {
	environ, err := containerEnviron()
	if err != nil {
		return complain(exitFailed, "printcontenv: fatal: %v", err)
	}
	if len(names) == 0 {
		for _, entry := range slices.Sorted(slices.Values(environ)) {
			fmt.Fprintln(stdout, entry)
		}
		return 0
	}
	for _, name := range names {
		value, ok := environ.Lookup(name)
		if !ok {
			return 1
		}
		fmt.Fprintln(stdout, value)
	}
	return 0
}

// halt asks for the stop: root asks the init itself, others ask the supervisor that has the scandir, which passes
// it on. Write permission on the control fifo is all that it takes.
func halt() int {
	if s6.SendScanControl(services.RootScandir, "t") == nil {
		return 0
	}
	if err := s6.SendScanControl(services.Scandir, "t"); err != nil {
		return complain(exitFailed, "halt: fatal: %v", err)
	}
	return 0
}

// sleep is s6-sleep [ -m ] n: seconds, or milliseconds with -m.
func sleep(args []string) int {
	unit := time.Second
	if len(args) > 0 && args[0] == "-m" {
		unit, args = time.Millisecond, args[1:]
	}
	if len(args) != 1 {
		return complain(exitUsage, "s6-sleep: usage: s6-sleep [ -m ] duration")
	}
	n, err := strconv.ParseUint(args[0], 10, 31)
	if err != nil {
		return complain(exitUsage, "s6-sleep: usage: s6-sleep [ -m ] duration")
	}
	<-time.After(time.Duration(n) * unit)
	return 0
}
