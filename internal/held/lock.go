package held

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lock makes a missing lock file with just this mode and takes an OFD write lock on it, or returns
// ErrBusy. Unlock gives it back.
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

// Unlock releases a lock before it closes the file: a child before its exec still holds the description.
func Unlock(f *os.File) error {
	return errors.Join(setLock(f, unix.F_OFD_SETLK, unix.F_UNLCK), f.Close())
}

func setLock(f *os.File, cmd int, kind int16) error {
	lock := whole(kind)
	return withFD(f, func(fd uintptr) error { return unix.FcntlFlock(fd, cmd, &lock) })
}

// Locked reports whether another description holds a lock on the file.
func Locked(f *os.File) bool {
	lock := whole(unix.F_WRLCK)
	err := withFD(f, func(fd uintptr) error { return unix.FcntlFlock(fd, unix.F_OFD_GETLK, &lock) })
	return err == nil && lock.Type != unix.F_UNLCK
}

// withFD uses the descriptor of f and leaves it in the runtime's poller, as f.Fd would not.
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

// LockDir waits until nobody else has locked d by this call. It excludes other holders, also of this process,
// until release.
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

// WaitLock waits for an OFD write lock on the description at fd.
func WaitLock(fd int) error {
	for {
		lock := whole(unix.F_WRLCK)
		if err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLKW, &lock); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// whole is a lock of a whole file.
func whole(kind int16) unix.Flock_t { return unix.Flock_t{Type: kind, Whence: unix.SEEK_SET} }
