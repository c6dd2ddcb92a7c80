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

// guardTerminal denies the process, and all that it starts, the two requests that put characters into a
// terminal's input as if they had been typed. It needs no_new_privs, and a kernel and a container that allow
// filters.
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

// sharesTerminal reports whether this process has its controlling terminal from a session that another
// program leads, so that what it typed there could be read by that program. PID 1 leads the session of a
// main program that has the container's terminal, and reads nothing of it.
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
	// Since Linux 6.2 a host may refuse the request to all that lack CAP_SYS_ADMIN.
	allowed, err := os.ReadFile("/proc/sys/dev/tty/legacy_tiocsti")
	return err != nil || !bytes.Equal(bytes.TrimSpace(allowed), []byte("0"))
}

// Offsets in struct seccomp_data, and what the filter compares there. Only the low half of a request counts,
// as in the kernel; both architectures are little endian.
const (
	dataNumber  = 0
	dataArch    = 4
	dataRequest = 24

	x32         = 0x40000000 // added to numbers for 32-bit pointers on amd64; arm64 has none as large
	ioctlOfX32  = x32 + 514
	ioctlCompat = 54 // of 32-bit programs on either architecture
)

// typingFilter is EPERM for ioctl with TIOCSTI or TIOCLINUX, in each calling convention of the kernels of
// amd64 and arm64; everything else is allowed.
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
