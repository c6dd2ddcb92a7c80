package identity

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// As calls fn with the file rights of a: new files belong to a, and access is checked for a. That is how root works on
// a volume whose server maps root to nobody. The rights hold for the goroutine of fn alone: a goroutine or program
// that fn starts does not have them, and such a program can gain no rights by what it executes. In a process that is not
// root, fn keeps the ids that it has.
func As(a Account, fn func()) error {
	root := os.Geteuid() == 0
	done := make(chan error, 1)
	go func() {
		// Never unlocked: so the thread ends with this goroutine, and nothing else runs with its ids.
		runtime.LockOSThread()
		err := nothingForChildren()
		if err == nil && root {
			err = setFileIDs(a)
		}
		if err == nil {
			fn()
		}
		done <- err
	}()
	return <-done
}

// nothingForChildren clears the inheritable capabilities of the calling thread and sets no_new_privs, so that its children
// inherit nothing and gain nothing by executing a file.
//
// contract: RUN-11
func nothingForChildren() error {
	sets, err := capabilities()
	if err != nil {
		return err
	}
	if sets[0].Inheritable|sets[1].Inheritable != 0 {
		sets[0].Inheritable, sets[1].Inheritable = 0, 0
		if err := setCapabilities(thisThread, sets); err != nil {
			return err
		}
	}
	return noNewPrivs(thisThread)
}

// setFileIDs changes the calling thread alone, by raw system calls: syscall.Setgroups would change all threads.
func setFileIDs(a Account) error {
	groups := append([]uint32{a.GID}, a.Groups...)
	_, _, errno := syscall.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0)
	if errno != 0 {
		return fmt.Errorf("cannot use the groups of %q (needs capability SETGID): %w", a.Name, errno)
	}
	// These calls report no error. With -1, which is never a valid id, they return the present one.
	_, _ = unix.SetfsgidRetGid(int(a.GID))
	_, _ = unix.SetfsuidRetUid(int(a.UID))
	gid, _ := unix.SetfsgidRetGid(-1)
	uid, _ := unix.SetfsuidRetUid(-1)
	if uint32(uid) != a.UID || uint32(gid) != a.GID {
		return fmt.Errorf("cannot use the files of %q (needs capabilities SETUID and SETGID)", a.Name)
	}
	return nil
}
