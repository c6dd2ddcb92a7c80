package identity

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// As runs fn with the file rights of a: files it makes belong to a, and what a may not touch it may
// not touch either, as on a volume whose server maps root to nobody. Only file access changes, and
// only on the thread of fn; programs that fn starts must be given their credentials themselves. A
// process that is not root has no choice and runs fn as it is.
func As(a Account, fn func()) error {
	if os.Geteuid() != 0 {
		fn()
		return nil
	}
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread ends with this goroutine, and its identity with it.
		runtime.LockOSThread()
		err := fileIdentity(a)
		if err == nil {
			fn()
		}
		done <- err
	}()
	return <-done
}

// fileIdentity changes the calling thread alone; package syscall would change all.
func fileIdentity(a Account) error {
	groups := append([]uint32{a.GID}, a.Groups...)
	_, _, errno := syscall.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0)
	if errno != 0 {
		return fmt.Errorf("cannot use the groups of %q (needs capability SETGID): %w", a.Name, errno)
	}
	// These two report no error; asking for an impossible id tells the one in force.
	_, _ = unix.SetfsgidRetGid(int(a.GID))
	_, _ = unix.SetfsuidRetUid(int(a.UID))
	gid, _ := unix.SetfsgidRetGid(-1)
	uid, _ := unix.SetfsuidRetUid(-1)
	if uint32(uid) != a.UID || uint32(gid) != a.GID {
		return fmt.Errorf("cannot use the files of %q (needs capabilities SETUID and SETGID)", a.Name)
	}
	return nil
}
