package proc

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// kill sends sig to a process, or to its group if to is negative. Without
// CAP_KILL root may not signal a process of another user; where CAP_SETUID is
// left, it is done as that user. The caller keeps pid from being reaped.
//
// spec: SUP-78
func kill(pid, to int, sig syscall.Signal) error {
	err := syscall.Kill(to, sig)
	if !errors.Is(err, syscall.EPERM) {
		return err
	}
	uid, known := uidOf(pid)
	if !known {
		return err
	}
	if asErr := killAs(uid, to, sig); asErr == nil {
		return nil
	}
	return err
}

// killAs sends sig with the effective uid of this thread changed: the kernel
// keeps credentials by thread. The saved uid stays, so there is a way back.
func killAs(uid, to int, sig syscall.Signal) error {
	runtime.LockOSThread()
	own := os.Geteuid()
	if err := setEuid(uid); err != nil {
		runtime.UnlockOSThread()
		return err
	}
	err := syscall.Kill(to, sig)
	if setEuid(own) == nil {
		runtime.UnlockOSThread()
	} // else the thread is of no use to others, and ends with this goroutine
	return err
}

// setEuid changes the effective uid of the calling thread only.
func setEuid(uid int) error {
	const keep = ^uintptr(0)
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, keep, uintptr(uid), keep); errno != 0 {
		return errno
	}
	return nil
}

// uidOf is the real uid of a process.
func uidOf(pid int) (int, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(text) {
		if ids, ok := bytes.CutPrefix(line, []byte("Uid:")); ok {
			uid, err := strconv.Atoi(string(bytes.Fields(ids)[0]))
			return uid, err == nil
		}
	}
	return 0, false
}
