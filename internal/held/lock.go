package held

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lock takes an OFD write lock (fcntl, F_OFD_SETLK) on a file, without waiting. It creates the file with exactly this
// mode if it is missing. If the lock is taken, the error is ErrBusy. Release it by Unlock.
//
// spec: SUP-19
func (d *Dir) Lock(name string, mode uint32) (*os.File, error) {
	f, err := d.OpenOrCreate(name, unix.O_RDWR|unix.O_NONBLOCK, mode)
	if err != nil {
		return nil, err
	}
	if info, statErr := f.Stat(); statErr != nil || !info.Mode().IsRegular() {
		return nil, d.wrap("lock", name, errors.Join(statErr, ErrNotRegular, f.Close()))
	}
	if err := setLock(f, unix.F_OFD_SETLK, unix.F_WRLCK); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
			err = ErrBusy
		}
		return nil, d.wrap("lock", name, err)
	}
	return f, nil
}

// Unlock releases a lock and closes its file. Closing alone would not do: a child that has not reached its exec still
// has the open file description, and with it the lock.
func Unlock(f *os.File) error {
	return errors.Join(setLock(f, unix.F_OFD_SETLK, unix.F_UNLCK), f.Close())
}

func setLock(f *os.File, cmd int, kind int16) error {
	lock := wholeFile(kind)
	return withFD(f, func(fd uintptr) error { return unix.FcntlFlock(fd, cmd, &lock) })
}

// Locked reports whether another open file description holds a lock on the file.
func Locked(f *os.File) bool {
	lock := wholeFile(unix.F_WRLCK)
	err := withFD(f, func(fd uintptr) error { return unix.FcntlFlock(fd, unix.F_OFD_GETLK, &lock) })
	return err == nil && lock.Type != unix.F_UNLCK
}

// LockAt takes an OFD write lock on one byte of a file that is open for writing, without waiting. If another open file
// description has a lock there, the error is ErrBusy; any other error means that this file system has no such locks. A
// byte beyond the end of the file can be locked, too. Closing the file releases the lock.
func LockAt(f *os.File, at int64) error {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: unix.SEEK_SET, Start: at, Len: 1}
	err := withFD(f, func(fd uintptr) error { return unix.FcntlFlock(fd, unix.F_OFD_SETLK, &lock) })
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return ErrBusy
	}
	return err
}

// WriteLockedAt reports whether another open file description has a write lock on one byte of a file. A read lock does
// not count: whoever may read the file can have one.
func WriteLockedAt(f *os.File, at int64) bool {
	lock := unix.Flock_t{Type: unix.F_RDLCK, Whence: unix.SEEK_SET, Start: at, Len: 1}
	err := withFD(f, func(fd uintptr) error { return unix.FcntlFlock(fd, unix.F_OFD_GETLK, &lock) })
	return err == nil && lock.Type != unix.F_UNLCK
}

// Fstat returns the status of an open file.
func Fstat(f *os.File) (st unix.Stat_t, err error) {
	err = withFD(f, func(fd uintptr) error { return unix.Fstat(int(fd), &st) })
	return st, err
}

// withFD calls use with the descriptor of f. Unlike f.Fd, it leaves f non-blocking.
func withFD(f *os.File, use func(fd uintptr) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var useErr error
	if err := conn.Control(func(fd uintptr) { useErr = use(fd) }); err != nil {
		return err
	}
	return useErr
}

// LockDir waits for an exclusive lock (flock) on d itself. It also excludes other callers in this process.
func (d *Dir) LockDir() (release func(), err error) {
	fd, err := openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, d.wrap("lock", ".", err)
	}
	if _, err := retry(func() (int, error) { return 0, unix.Flock(fd, unix.LOCK_EX) }); err != nil {
		closeFD(fd)
		return nil, d.wrap("lock", ".", err)
	}
	return func() { closeFD(fd) }, nil
}

// WaitLock waits for an OFD write lock on fd.
func WaitLock(fd int) error {
	for {
		lock := wholeFile(unix.F_WRLCK)
		if err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLKW, &lock); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// wholeFile returns a lock on all bytes of a file.
func wholeFile(kind int16) unix.Flock_t { return unix.Flock_t{Type: kind, Whence: unix.SEEK_SET} }
