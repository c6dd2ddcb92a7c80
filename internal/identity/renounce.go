package identity

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"caduceus/internal/line"
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

func (c capSets) withoutInheritable() capSets {
	for i := range c {
		c[i].Inheritable = 0
	}
	return c
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

// renounce gives up what the process could gain by another program: inheritable and ambient capabilities and, with NoGain, the
// bounding set, and it sets no_new_privs. Of root it leaves what changing the ids needs; another user keeps nothing.
func renounce(s scope, gain Gain) error {
	have, err := capabilities()
	if err != nil {
		return err
	}
	kept := capSets{}
	if syscall.Geteuid() == 0 {
		kept = have.withoutInheritable()
	}
	on, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if err != nil {
		return fmt.Errorf("cannot read no_new_privs: %w", err)
	}
	limit := gain == NoGain && on != 1
	if s == allThreads && (kept != have || limit) {
		if err := roomForSignals(); err != nil {
			return err
		}
	}
	if gain == NoGain {
		if err := emptyBounding(s); err != nil {
			return err
		}
	}
	if kept != have {
		if err := setCapabilities(s, kept); err != nil {
			return err
		}
	}
	if limit {
		return noNewPrivs(s)
	}
	return nil
}

// roomForSignals returns an error where the kernel has no room for a signal to this process. A system call for all threads
// tells the others by a signal, and waits for ever for one that does not come. The room is that of a uid, in all containers of a
// host, so programs of hermes can take what hermes has: what root has to do so, it does while it is root.
func roomForSignals() error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil // nobody knows
	}
	_, text, _ := strings.Cut(string(status), "\nSigQ:")
	var used, limit uint64
	if line.Scan(strings.TrimSpace(text), "%d/%d", &used, &limit) == nil && used+maxThreads > limit {
		return fmt.Errorf("the kernel has no room for signals to uid %d (%d of %d are taken): end the programs of that uid, in other "+
			"containers as well, that wait for signals or have timers", syscall.Getuid(), used, limit)
	}
	return nil
}

// maxThreads is more than a program of the image has when it gives up its rights.
const maxThreads = 32

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
