package s6

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// ErrBusy tells that another process or descriptor holds the lock.
var ErrBusy = errors.New("lock is held")

// Dir is a held directory: all access is relative to its descriptor, whatever
// happens to the path (SUP-13).
type Dir struct {
	f  *os.File
	fd int
}

// ID is the identity of a directory.
type ID struct{ Dev, Ino uint64 }

// OpenDir holds the directory at path; a symlink is followed.
func OpenDir(path string) (*Dir, error) { return openDirAt(unix.AT_FDCWD, path, unix.O_PATH) }

// OpenListDir is OpenDir for a directory whose names are wanted.
func OpenListDir(path string) (*Dir, error) { return openDirAt(unix.AT_FDCWD, path, unix.O_RDONLY) }

// OpenDir holds a directory below d; a symlink is followed.
func (d *Dir) OpenDir(name string) (*Dir, error) { return openDirAt(d.fd, name, unix.O_PATH) }

// OpenList is OpenDir for a directory whose names are wanted.
func (d *Dir) OpenList(name string) (*Dir, error) { return openDirAt(d.fd, name, unix.O_RDONLY) }

func openDirAt(at int, name string, mode int) (*Dir, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(at, name, mode|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot open directory %q: %w", name, err)
	}
	return &Dir{f: os.NewFile(uintptr(fd), name), fd: fd}, nil
}

// Close gives the descriptor back.
func (d *Dir) Close() error { return d.f.Close() }

// Path is a path of the held directory, valid in this process and in a child
// before its exec (SUP-108).
func (d *Dir) Path() string { return "/proc/self/fd/" + strconv.Itoa(d.fd) }

// ID is the identity of the held directory.
func (d *Dir) ID() (ID, error) {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil {
		return ID{}, fmt.Errorf("cannot stat held directory %q: %w", d.f.Name(), err)
	}
	return ID{Dev: st.Dev, Ino: st.Ino}, nil
}

// EachName calls f with every name of a directory from OpenList, in chunks, as
// the directory may be writable by others.
func (d *Dir) EachName(f func(name string)) error {
	if _, err := d.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for {
		names, err := d.f.Readdirnames(256)
		for _, name := range names {
			f(name)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Open opens a file of the directory with O_CLOEXEC and O_NOCTTY. A new file
// has just the given mode, whatever the umask.
func (d *Dir) Open(name string, flags int, mode uint32) (*os.File, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(d.fd, name, flags|unix.O_CLOEXEC|unix.O_NOCTTY, mode)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot open %q: %w", name, err)
	}
	if flags&unix.O_EXCL != 0 {
		if err := unix.Fchmod(fd, mode); err != nil {
			_ = unix.Close(fd)
			return nil, fmt.Errorf("cannot set the mode of %q: %w", name, err)
		}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// OpenOrCreate opens a file without following a symlink, and makes it with
// just this mode if it is missing.
func (d *Dir) OpenOrCreate(name string, flags int, mode uint32) (*os.File, error) {
	f, err := d.Open(name, flags|unix.O_NOFOLLOW, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	f, err = d.Open(name, flags|unix.O_NOFOLLOW|unix.O_CREAT|unix.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return d.Open(name, flags|unix.O_NOFOLLOW, 0)
	}
	return f, err
}

// ReadFile reads at most limit bytes of a file and never blocks on a fifo.
func (d *Dir) ReadFile(name string, limit int) ([]byte, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot open %q: %w", name, err)
	}
	defer func() { _ = unix.Close(fd) }()
	content, err := io.ReadAll(io.LimitReader(rawReader(fd), int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("cannot read %q: %w", name, err)
	}
	return content, nil
}

// rawReader reads a descriptor by the bare system call. An os.File would wait
// for what the writers of a fifo may never write.
type rawReader int

func (fd rawReader) Read(p []byte) (int, error) {
	n, err := retry(func() (int, error) { return unix.Read(int(fd), p) })
	switch {
	case err != nil:
		return 0, err
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// Replace writes a file of mode 0644 beside the old one and renames it, so that
// readers see the old content or the new.
func (d *Dir) Replace(name string, content []byte) error {
	fresh := name + ".new"
	if err := d.Remove(fresh); err != nil {
		return err
	}
	f, err := d.Open(fresh, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = unix.Renameat(d.fd, fresh, d.fd, name)
	}
	if err != nil {
		return fmt.Errorf("cannot write %q: %w", name, err)
	}
	return nil
}

// Remove unlinks a file; a missing one is no error.
func (d *Dir) Remove(name string) error {
	if err := unix.Unlinkat(d.fd, name, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot unlink %q: %w", name, err)
	}
	return nil
}

// Exists tells whether name leads to something.
func (d *Dir) Exists(name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(d.fd, name, &st, 0) == nil
}

// MakeDir makes a directory with just this mode, and the own group; for a
// dangling symlink its target. It reports whether it made one.
func (d *Dir) MakeDir(name string, mode uint32) (bool, error) {
	err := unix.Mkdirat(d.fd, name, 0o700)
	if errors.Is(err, fs.ErrExist) && !d.Exists(name) {
		var target string
		if target, err = d.readlink(name); err != nil {
			return false, err
		}
		err = unix.Mkdirat(d.fd, target, 0o700)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("cannot make directory %q: %w", name, err)
	}
	// The group first: chown drops setgid.
	if err := unix.Fchownat(d.fd, name, -1, os.Getegid(), 0); err != nil {
		return true, fmt.Errorf("cannot give directory %q to the own group: %w", name, err)
	}
	if err := unix.Fchmodat(d.fd, name, mode, 0); err != nil {
		return true, fmt.Errorf("cannot set the mode of directory %q: %w", name, err)
	}
	return true, nil
}

func (d *Dir) readlink(name string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(d.fd, name, buf)
	if err != nil {
		return "", fmt.Errorf("cannot read link %q: %w", name, err)
	}
	return string(buf[:n]), nil
}

// OpenFifo makes a missing fifo with just this mode and opens both of its
// ends without blocking, so that the reader never sees EOF.
func (d *Dir) OpenFifo(name string, mode uint32) (r, w *os.File, err error) {
	err = unix.Mknodat(d.fd, name, unix.S_IFIFO|0o600, 0)
	if err == nil {
		err = unix.Fchmodat(d.fd, name, mode, 0)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, nil, fmt.Errorf("cannot make fifo %q: %w", name, err)
	}
	r, err = d.Open(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, nil, err
	}
	if info, err := r.Stat(); err != nil || info.Mode().Type() != fs.ModeNamedPipe {
		_ = r.Close()
		return nil, nil, fmt.Errorf("cannot use %q: not a fifo", name)
	}
	w, err = d.Open(name, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		_ = r.Close()
		return nil, nil, err
	}
	return r, w, nil
}

// Lock makes a missing lock file with just this mode and takes an OFD write
// lock on it, or returns ErrBusy. Unlock gives it back.
//
// spec: SUP-19.
func (d *Dir) Lock(name string, mode uint32) (*os.File, error) {
	f, err := d.OpenOrCreate(name, unix.O_RDWR|unix.O_NONBLOCK, mode)
	if err != nil {
		return nil, err
	}
	if err := setLock(f, unix.F_OFD_SETLK, unix.F_WRLCK); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
			err = ErrBusy
		}
		return nil, fmt.Errorf("cannot lock %q: %w", name, err)
	}
	return f, nil
}

// Unlock releases a lock before it closes the file: a child before its exec
// still holds the description.
func Unlock(f *os.File) error {
	return errors.Join(setLock(f, unix.F_OFD_SETLK, unix.F_UNLCK), f.Close())
}

func setLock(f *os.File, cmd int, kind int16) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	lock := unix.Flock_t{Type: kind, Whence: unix.SEEK_SET}
	var lockErr error
	if err := conn.Control(func(fd uintptr) { lockErr = unix.FcntlFlock(fd, cmd, &lock) }); err != nil {
		return err
	}
	return lockErr
}

func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// Locked tells whether another description holds a lock on the file.
func Locked(f *os.File) bool {
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: unix.SEEK_SET}
	var lockErr error
	err = conn.Control(func(fd uintptr) { lockErr = unix.FcntlFlock(fd, unix.F_OFD_GETLK, &lock) })
	return err == nil && lockErr == nil && lock.Type != unix.F_UNLCK
}

// WaitLock waits for an OFD write lock on the description at fd.
func WaitLock(fd int) error {
	for {
		lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: unix.SEEK_SET}
		if err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLKW, &lock); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// IsSymlink tells whether name is a symlink.
func (d *Dir) IsSymlink(name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK
}
