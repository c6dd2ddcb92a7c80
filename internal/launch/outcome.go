package launch

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Exit codes for a program that did not run.
const (
	NotExecutable = 126
	NotFound      = 127
)

// Code returns the exit code that a wait status stands for.
func Code(ws syscall.WaitStatus) int {
	if ws.Signaled() {
		return SignalCode(ws.Signal())
	}
	return ws.ExitStatus()
}

// SignalCode returns the exit code of a program that sig ended.
func SignalCode(sig syscall.Signal) int { return 128 + int(sig) }

// ErrorCode returns the exit code for a program that could not be executed because of err.
func ErrorCode(err error) int {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return NotFound
	}
	return NotExecutable
}

// Ended returns how a program ended: "exit code 3", or "signal SIGKILL".
func Ended(ws syscall.WaitStatus) string {
	if !ws.Signaled() {
		return fmt.Sprintf("exit code %d", ws.ExitStatus())
	}
	name := unix.SignalName(ws.Signal())
	if name == "" {
		name = "SIG" + strconv.Itoa(int(ws.Signal()))
	}
	return "signal " + name
}
