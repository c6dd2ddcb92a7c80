package held

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// Keep leaves an owner or group as it is.
const Keep = -1

// MakeDir makes a directory with just this mode, and this process' group, and reports whether it made one.
// Where links are followed, a dangling one gets its target.
func (d *Dir) MakeDir(name string, mode uint32) (made bool, err error) {
	err = d.at(name, func(dir int, base string) error {
		if made, err = makeDir(dir, base, mode); made || err != nil || !isLink(dir, base) || d.Exists(name) {
			return err
		}
		if err := d.mayFollow(dir); err != nil {
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

// MakeDirs makes a directory and those above it, each with this mode.
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

// finish gives what was just made its group and mode, if it is what was just made.
func finish(fd int, want, mode uint32) error {
	st, err := fstat(fd)
	if err != nil || kind(st) == want && int(st.Gid) == fileGroup() && st.Mode&0o7777 == mode {
		return err
	}
	if kind(st) != want || int(st.Uid) != fileUser() {
		return ErrExchanged
	}
	return give(fd, Keep, fileGroup(), mode)
}

// give changes a descriptor that may be O_PATH. The owner comes first: that drops setuid and setgid.
func give(fd, uid, gid int, mode uint32) error {
	err := unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH)
	if err == nil {
		err = unix.Chmod(fdPath(fd), mode)
	}
	return err
}

// Give changes owner, group (either may be Keep) and mode of an entry that is no link.
func (d *Dir) Give(name string, uid, gid int, mode uint32) error {
	return d.change("give", name, func(fd int) error { return give(fd, uid, gid, mode) })
}

// Chown changes owner and group of an entry that is no link.
func (d *Dir) Chown(name string, uid, gid int) error {
	return d.change("change the owner of", name, func(fd int) error {
		return unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH)
	})
}

// Chmod changes the mode of an entry that is no link.
func (d *Dir) Chmod(name string, mode uint32) error {
	return d.change("set the mode of", name, func(fd int) error { return unix.Chmod(fdPath(fd), mode) })
}

// change opens an entry once and changes what it opened, whatever has its name by then.
func (d *Dir) change(verb, name string, do func(fd int) error) error {
	fd, err := d.By(Refuse).open(name, unix.O_PATH, 0)
	if err != nil {
		return d.wrap(verb, name, err)
	}
	defer closeFD(fd)
	return d.wrap(verb, name, do(fd))
}

// Adopt gives what root has made in d to the owner of d. It does nothing for other users, and where root may
// not give files away.
func (d *Dir) Adopt(name string) error {
	if fileUser() != 0 {
		return nil
	}
	return d.change("give", name, func(fd int) error {
		return d.at(name, func(dir int, _ string) error { return adopt(dir, fd) })
	})
}

// adopt gives fd to the owner of dir, if it is root's and has no second name that could be elsewhere.
func adopt(dir, fd int) error {
	if fileUser() != 0 {
		return nil
	}
	owner, err := fstat(dir)
	if err != nil {
		return err
	}
	st, err := fstat(fd)
	if err != nil || st.Uid != 0 || kind(st) != unix.S_IFDIR && st.Nlink > 1 {
		return err
	}
	err = unix.Fchownat(fd, "", int(owner.Uid), int(owner.Gid), unix.AT_EMPTY_PATH)
	if errors.Is(err, unix.EPERM) {
		return nil
	}
	return err
}

// OpenFifo makes a missing fifo with just this mode and opens both of its ends without blocking, so that
// the reader never sees its end.
func (d *Dir) OpenFifo(name string, mode uint32) (r, w *os.File, err error) {
	plain := d.By(Refuse)
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

// openEnds opens the fifo by its name once, and its other end by the first one's descriptor.
func openEnds(d *Dir, name string, fresh bool) (in, out int, err error) {
	if in, err = d.open(name, unix.O_RDONLY|unix.O_NONBLOCK, 0); err != nil {
		return -1, -1, err
	}
	st, err := fstat(in)
	switch {
	case err == nil && kind(st) != unix.S_IFIFO:
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

// MakeFifo makes a fifo with just this mode and reports whether it made one.
func (d *Dir) MakeFifo(name string, mode uint32) (made bool, err error) {
	err = d.at(name, func(dir int, base string) error {
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
		if err != nil || kind(st) != unix.S_IFIFO || int(st.Uid) != fileUser() {
			return errors.Join(err, ErrExchanged)
		}
		return unix.Chmod(fdPath(fd), mode)
	})
	return made, d.wrap("make fifo", name, err)
}

// Symlink makes name a link to target; fs.ErrExist if there is anything of that name.
func (d *Dir) Symlink(target, name string) error {
	return d.wrap("link", name, d.at(name, func(dir int, base string) error { return unix.Symlinkat(target, dir, base) }))
}

// Readlink is the target of a link.
func (d *Dir) Readlink(name string) (target string, err error) {
	err = d.at(name, func(dir int, base string) error {
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
