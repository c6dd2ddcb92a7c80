package identity

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guardTerminal denies the process and its children TIOCSTI and TIOCLINUX, which put characters into a terminal's input as
// if they had been typed. It needs no_new_privs, and a kernel and a container that allow seccomp filters.
//
// contract: RUN-12
func guardTerminal(gain Gain) error {
	if gain != NoGain {
		return errors.New("new privileges are allowed")
	}
	filter := typingFilter()
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	thread, _, errno := syscall.RawSyscall(unix.SYS_SECCOMP,
		unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	switch {
	case errno != 0:
		return fmt.Errorf("cannot set a system call filter: %w", errno)
	case thread != 0:
		return fmt.Errorf("cannot set a system call filter: thread %d has another", thread)
	}
	return nil
}

// sharesTerminal reports whether another program, such as root's shell, leads the session of this process's controlling
// terminal, and could read what the process types there. PID 1 does not count: it never reads from the terminal.
func sharesTerminal() bool {
	const asTyped, where = unix.O_RDONLY | unix.O_NOCTTY | unix.O_CLOEXEC | unix.O_NONBLOCK, "/dev/tty"
	fd, err := unix.Open(where, asTyped, 0)
	if errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENOENT) {
		return false
	}
	if err == nil {
		_ = unix.Close(fd)
	}
	if sid, err := unix.Getsid(0); err == nil && (sid == os.Getpid() || sid == 1) {
		return false
	}
	// Since Linux 6.2 a host can deny TIOCSTI to processes without CAP_SYS_ADMIN.
	allowed, err := os.ReadFile("/proc/sys/dev/tty/legacy_tiocsti")
	return err != nil || !bytes.Equal(bytes.TrimSpace(allowed), []byte("0"))
}

// Offsets in struct seccomp_data, and numbers for the filter to compare. dataRequest is the low half of the request: the
// kernel ignores the other half, and both architectures are little endian.
const (
	dataNumber  = 0
	dataArch    = 4
	dataRequest = 24

	x32         = 0x40000000 // bit of the system calls with 32-bit pointers on amd64; arm64 has no such numbers
	ioctlOfX32  = x32 + 514
	ioctlCompat = 54 // of 32-bit programs on either architecture
)

// typingFilter returns a filter that answers ioctl with TIOCSTI or TIOCLINUX by EPERM and allows everything else. It covers
// every calling convention of the kernels of amd64 and arm64.
func typingFilter() []unix.SockFilter {
	const (
		load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		ret   = unix.BPF_RET | unix.BPF_K
	)
	return []unix.SockFilter{
		{Code: load, K: dataArch},
		{Code: equal, K: nativeArch, Jt: 2},
		{Code: equal, K: compatArch, Jt: 6},
		{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		{Code: load, K: dataNumber}, // native
		{Code: equal, K: unix.SYS_IOCTL, Jt: 5},
		{Code: equal, K: x32 + unix.SYS_IOCTL, Jt: 4},
		{Code: equal, K: ioctlOfX32, Jt: 3},
		{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		{Code: load, K: dataNumber}, // compat
		{Code: equal, K: ioctlCompat, Jf: 3},
		{Code: load, K: dataRequest},
		{Code: equal, K: unix.TIOCSTI, Jt: 2},
		{Code: equal, K: unix.TIOCLINUX, Jt: 1},
		{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
	}
}
