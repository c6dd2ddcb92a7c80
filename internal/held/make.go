package held

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// Keep is the uid or gid that leaves the present one.
const Keep = -1

// MakeDir creates a directory with exactly this mode and the group of this process, also in a setgid parent. It
// reports whether it created one: a directory that is there stays as it is. If name is a dangling link that the rule
// of d follows, its target is created.
func (d *Dir) MakeDir(name string, mode uint32) (made bool, err error) {
	err = d.inParent(name, func(dir int, base string) error {
		if made, err = makeDir(dir, base, mode); made || err != nil || !isLink(dir, base) || d.Exists(name) {
			return err
		}
		if err := d.checkFollow(dir); err != nil {
			return err
		}
		target, err := readlink(dir, base)
		if err != nil {
			return err
		}
		made, err = makeDir(dir, target, mode)
		return err
	})
	return made, d.wrap("make directory", name, err)
}

// MakeDirs is MakeDir of name and of its parents below d.
func (d *Dir) MakeDirs(name string, mode uint32) error {
	if parent := path.Dir(path.Clean(name)); parent != "." {
		if err := d.MakeDirs(parent, mode); err != nil {
			return err
		}
	}
	_, err := d.MakeDir(name, mode)
	return err
}

func makeDir(dir int, base string, mode uint32) (bool, error) {
	err := unix.Mkdirat(dir, base, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	fd, err := openat(dir, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrExchanged, err)
	}
	defer closeFD(fd)
	return true, finish(fd, unix.S_IFDIR, mode)
}

// finish sets group and mode of a new entry of type want. If somebody has exchanged it meanwhile, it gets neither.
func finish(fd int, want, mode uint32) error {
	st, err := fstat(fd)
	if err != nil || fileType(st) == want && int(st.Gid) == fileGroup() && st.Mode&0o7777 == mode {
		return err
	}
	if fileType(st) != want || int(st.Uid) != fileUser() {
		return ErrExchanged
	}
	return setOwnerAndMode(fd, Keep, fileGroup(), mode)
}

// setOwnerAndMode also takes an O_PATH descriptor. It sets the owner first, because that clears setuid and setgid.
func setOwnerAndMode(fd, uid, gid int, mode uint32) error {
	err := unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH)
	if err == nil {
		err = unix.Chmod(fdPath(fd), mode)
	}
	return err
}

// Give sets owner and group (or Keep) and mode of an entry. It refuses a link.
func (d *Dir) Give(name string, uid, gid int, mode uint32) error {
	return d.change("set owner and mode of", name, func(fd int) error { return setOwnerAndMode(fd, uid, gid, mode) })
}

// Chown sets owner and group (or Keep) of an entry. It refuses a link.
func (d *Dir) Chown(name string, uid, gid int) error {
	return d.change("set the owner of", name, func(fd int) error {
		return unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH)
	})
}

// Chmod sets the mode of an entry. It refuses a link.
func (d *Dir) Chmod(name string, mode uint32) error {
	return d.change("set the mode of", name, func(fd int) error { return unix.Chmod(fdPath(fd), mode) })
}

// change opens an entry, refuses a link, and calls do with the descriptor.
func (d *Dir) change(action, name string, do func(fd int) error) error {
	fd, err := d.WithLinks(RefuseLinks).open(name, unix.O_PATH, 0)
	if err != nil {
		return d.wrap(action, name, err)
	}
	defer closeFD(fd)
	return d.wrap(action, name, do(fd))
}

// Adopt gives an entry that belongs to root to the owner of its directory, so that root's work in a user's directory
// leaves the user's files. A file with several hard links is left alone. So is every file if the caller is not root,
// or lacks CAP_CHOWN: neither is an error.
func (d *Dir) Adopt(name string) error {
	if fileUser() != 0 {
		return nil
	}
	return d.change("set the owner of", name, func(fd int) error {
		return d.inParent(name, func(dir int, _ string) error { return adopt(dir, fd) })
	})
}

// adopt is Adopt of a descriptor. A second hard link could be a file outside, planted by the directory's owner.
func adopt(dir, fd int) error {
	if fileUser() != 0 {
		return nil
	}
	owner, err := fstat(dir)
	if err != nil {
		return err
	}
	st, err := fstat(fd)
	if err != nil || st.Uid != 0 || fileType(st) != unix.S_IFDIR && st.Nlink > 1 {
		return err
	}
	err = unix.Fchownat(fd, "", int(owner.Uid), int(owner.Gid), unix.AT_EMPTY_PATH)
	if errors.Is(err, unix.EPERM) {
		return nil
	}
	return err
}

// OpenFifo opens both ends of a fifo without blocking, and creates it with exactly this mode if it is missing. As long
// as w is open, reading r gives no end of file. It refuses links by any rule.
func (d *Dir) OpenFifo(name string, mode uint32) (r, w *os.File, err error) {
	plain := d.WithLinks(RefuseLinks)
	fresh, err := plain.MakeFifo(name, mode)
	if err != nil {
		return nil, nil, err
	}
	in, out, err := openEnds(plain, name, fresh)
	if err != nil {
		return nil, nil, d.wrap("use fifo", name, err)
	}
	return os.NewFile(uintptr(in), name), os.NewFile(uintptr(out), name), nil
}

// openEnds opens a fifo for reading by its name, and for writing by the descriptor that it got: so both are one fifo.
func openEnds(d *Dir, name string, fresh bool) (in, out int, err error) {
	if in, err = d.open(name, unix.O_RDONLY|unix.O_NONBLOCK, 0); err != nil {
		return -1, -1, err
	}
	st, err := fstat(in)
	switch {
	case err == nil && fileType(st) != unix.S_IFIFO:
		err = errors.New("not a fifo")
	case err == nil && fresh && int(st.Uid) != fileUser():
		err = ErrExchanged
	case err == nil:
		out, err = openat(unix.AT_FDCWD, fdPath(in), unix.O_WRONLY|unix.O_NONBLOCK, 0)
	}
	if err != nil {
		closeFD(in)
		return -1, -1, err
	}
	return in, out, nil
}

// MakeFifo creates a fifo with exactly this mode. It reports whether it created one: what has the name already stays
// as it is.
func (d *Dir) MakeFifo(name string, mode uint32) (made bool, err error) {
	err = d.inParent(name, func(dir int, base string) error {
		err := unix.Mknodat(dir, base, unix.S_IFIFO|0o600, 0)
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		if err != nil {
			return err
		}
		made = true
		fd, err := openat(dir, base, unix.O_PATH|unix.O_NOFOLLOW, 0)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrExchanged, err)
		}
		defer closeFD(fd)
		st, err := fstat(fd)
		if err != nil || fileType(st) != unix.S_IFIFO || int(st.Uid) != fileUser() {
			return errors.Join(err, ErrExchanged)
		}
		return unix.Chmod(fdPath(fd), mode)
	})
	return made, d.wrap("make fifo", name, err)
}

// Symlink creates name as a link to target. Callers may test fs.ErrExist.
func (d *Dir) Symlink(target, name string) error {
	return d.wrap("create link", name, d.inParent(name, func(dir int, base string) error { return unix.Symlinkat(target, dir, base) }))
}

// Readlink returns the target of a link.
func (d *Dir) Readlink(name string) (target string, err error) {
	err = d.inParent(name, func(dir int, base string) error {
		target, err = readlink(dir, base)
		return err
	})
	return target, d.wrap("read link", name, err)
}

func readlink(dir int, base string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(dir, base, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}
