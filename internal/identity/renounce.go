package identity

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// scope is the threads that a system call changes.
type scope int

const (
	thisThread scope = iota
	allThreads       // works without cgo only; the programs of the image have none
)

// call makes a system call. uintptrescapes keeps in place what its arguments point to.
//
//go:uintptrescapes
func (s scope) call(trap, a1, a2, a3 uintptr) syscall.Errno {
	if s == allThreads {
		_, _, errno := syscall.AllThreadsSyscall(trap, a1, a2, a3)
		return errno
	}
	_, _, errno := syscall.RawSyscall(trap, a1, a2, a3)
	return errno
}

// capSets has the effective, permitted and inheritable capabilities, 32 in each word.
type capSets [2]unix.CapUserData

func (c capSets) has(capability uint) bool {
	return c[capability/32].Effective&(1<<(capability%32)) != 0
}

// capabilities returns the sets of the calling thread.
func capabilities() (capSets, error) {
	var sets capSets
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return sets, fmt.Errorf("cannot read its capabilities: %w", err)
	}
	return sets, nil
}

// setCapabilities sets them. The kernel also takes from the ambient set what is no longer permitted or inheritable.
func setCapabilities(s scope, sets capSets) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	errno := s.call(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&sets[0])), 0)
	if errno != 0 {
		return fmt.Errorf("cannot give up its capabilities: %w", errno)
	}
	return nil
}

// renounce gives up all capabilities and, with NoGain, sets no_new_privs.
func renounce(s scope, gain Gain) error {
	if err := setCapabilities(s, capSets{}); err != nil {
		return err
	}
	if gain != NoGain {
		return nil
	}
	return noNewPrivs(s)
}

func noNewPrivs(s scope) error {
	if errno := s.call(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0); errno != 0 {
		return fmt.Errorf("cannot set no_new_privs: %w", errno)
	}
	return nil
}

// emptyBounding drops every capability from the bounding set. Without CAP_SETPCAP it cannot, and only no_new_privs keeps
// the process from gaining capabilities.
func emptyBounding(s scope) error {
	sets, err := capabilities()
	if err != nil {
		return err
	}
	if !sets.has(unix.CAP_SETPCAP) {
		return nil
	}
	for c := uintptr(0); ; c++ {
		on, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0)
		if err != nil { // c is larger than the last capability of this kernel
			return nil
		}
		if on == 0 {
			continue
		}
		if errno := s.call(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0); errno != 0 {
			return fmt.Errorf("cannot take capability %d out of its bounding set: %w", c, errno)
		}
	}
}
