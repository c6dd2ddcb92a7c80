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

// OpenOwn is OpenDir, and OpenOwnList OpenListDir, for a directory that is to be
// written to. Root follows no link that somebody else could lead anywhere.
func (d *Dir) OpenOwn(name string) (*Dir, error) { return d.openOwn(name, unix.O_PATH) }

// OpenOwnList is OpenOwn for a directory whose names are wanted.
func (d *Dir) OpenOwnList(name string) (*Dir, error) { return d.openOwn(name, unix.O_RDONLY) }

func (d *Dir) openOwn(name string, mode int) (*Dir, error) {
	own, err := openDirAt(d.fd, name, mode|unix.O_NOFOLLOW)
	if err == nil || !d.IsSymlink(name) {
		return own, err
	}
	if err := d.foreignLink(name); err != nil {
		return nil, err
	}
	return openDirAt(d.fd, name, mode)
}

// OpenService is OpenDir for a service directory. Root follows a link of
// another user only to what is that user's: the link does not make it supervise,
// and so write to, a directory of somebody else.
func (d *Dir) OpenService(name string) (*Dir, error) {
	service, err := d.OpenDir(name)
	var link unix.Stat_t
	if err != nil || os.Geteuid() != 0 || unix.Fstatat(d.fd, name, &link, unix.AT_SYMLINK_NOFOLLOW) != nil || link.Uid == 0 {
		return service, err
	}
	if uid, _, _, err := service.Owner(); err != nil || uid != link.Uid {
		return nil, errors.Join(err, fmt.Errorf("cannot follow %q: a link of uid %d to a directory of uid %d", name, link.Uid, uid), service.Close())
	}
	return service, nil
}

// foreignLink is an error if d is not root's alone and this process is root:
// what a link in it leads to must not be written to.
func (d *Dir) foreignLink(name string) error {
	uid, _, shared, err := d.Owner()
	if err == nil && os.Geteuid() == 0 && (uid != 0 || shared) {
		err = fmt.Errorf("cannot follow %q: a link in a directory of uid %d", name, uid)
	}
	return err
}

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
func (d *Dir) Path() string { return fdPath(d.fd) }

func fdPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// ID is the identity of the held directory.
func (d *Dir) ID() (ID, error) {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil {
		return ID{}, fmt.Errorf("cannot stat held directory %q: %w", d.f.Name(), err)
	}
	return ID{Dev: st.Dev, Ino: st.Ino}, nil
}

// Owner tells who decides what is in the held directory: its owner, and whether others may write to it,
// too.
func (d *Dir) Owner() (uid, gid uint32, shared bool, err error) {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil {
		return 0, 0, false, fmt.Errorf("cannot stat held directory %q: %w", d.f.Name(), err)
	}
	return st.Uid, st.Gid, st.Mode&0o022 != 0, nil
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
// dangling symlink its target, but not for a link that somebody else could
// lead anywhere. It reports whether it made one.
func (d *Dir) MakeDir(name string, mode uint32) (bool, error) {
	made := name
	err := unix.Mkdirat(d.fd, name, 0o700)
	if errors.Is(err, fs.ErrExist) && !d.Exists(name) {
		if err := d.foreignLink(name); err != nil {
			return false, err
		}
		if made, err = d.readlink(name); err != nil {
			return false, err
		}
		err = unix.Mkdirat(d.fd, made, 0o700)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("cannot make directory %q: %w", name, err)
	}
	return true, d.Give(made, -1, os.Getegid(), mode)
}

// Give changes owner, group (-1: neither) and mode of an entry that is no link:
// through a descriptor, as whoever owns d may put something else in its place.
func (d *Dir) Give(name string, uid, gid int, mode uint32) error {
	f, err := d.Open(name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // nothing was written
	// The owner first: chown drops setgid.
	if err := unix.Fchownat(int(f.Fd()), "", uid, gid, unix.AT_EMPTY_PATH); err != nil {
		return fmt.Errorf("cannot give %q to %d:%d: %w", name, uid, gid, err)
	}
	if err := unix.Chmod(fdPath(int(f.Fd())), mode); err != nil {
		return fmt.Errorf("cannot set the mode of %q: %w", name, err)
	}
	return nil
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
		err = d.Give(name, -1, -1, mode)
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
