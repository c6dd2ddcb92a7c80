package held

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// open opens name below d by the rule of d. Close-on-exec and no controlling terminal are added to flags.
func (d *Dir) open(name string, flags int, mode uint32) (int, error) {
	switch d.links {
	case RefuseLinks:
		return d.openNoLinks(name, flags, mode)
	case FollowWithin:
		return d.openWithin(name, flags, mode)
	case FollowOwn:
		return d.openOwn(name, flags, mode)
	default:
		return openat(d.fd, name, flags, mode)
	}
}

// openNoLinks opens name and refuses a link at any element, by one openat2.
func (d *Dir) openNoLinks(name string, flags int, mode uint32) (int, error) {
	name = path.Clean(name)
	if flags&unix.O_PATH == 0 {
		flags |= unix.O_NOCTTY // openat2 refuses it together with O_PATH
	}
	how := unix.OpenHow{
		Flags:   uint64(flags | unix.O_CLOEXEC),
		Mode:    uint64(mode),
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	if d.oneMount {
		how.Resolve |= unix.RESOLVE_NO_XDEV
	}
	fd, err := retry(func() (int, error) { return unix.Openat2(d.fd, name, &how) })
	switch {
	case errors.Is(err, unix.EXDEV) && d.oneMount && !leavesDir(name):
		return -1, ErrMount
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM): // an old kernel, or a seccomp filter
		return d.openByElement(name, flags, mode)
	case errors.Is(err, unix.ELOOP):
		return -1, ErrLink
	case errors.Is(err, unix.ENOTDIR) && d.leadsThroughLink(name):
		return -1, ErrLink
	case err == nil && flags&unix.O_PATH != 0: // O_PATH opens a link itself
		return refuseLink(fd)
	}
	return fd, err
}

// openByElement does the same without openat2, one path element after the other.
func (d *Dir) openByElement(name string, flags int, mode uint32) (fd int, err error) {
	err = d.inParent(name, func(dir int, base string) error {
		fd, err = openat(dir, base, flags|unix.O_NOFOLLOW, mode)
		switch {
		case errors.Is(err, unix.ELOOP):
			return ErrLink
		case errors.Is(err, unix.ENOTDIR) && isLink(dir, base):
			return ErrLink
		case err == nil && flags&unix.O_PATH != 0:
			fd, err = refuseLink(fd)
		}
		if err == nil {
			fd, err = d.checkMount(fd)
		}
		return err
	})
	if err != nil {
		return -1, err
	}
	return fd, nil
}

// refuseLink closes fd and returns ErrLink if fd is a link, opened with O_PATH.
func refuseLink(fd int) (int, error) {
	st, err := fstat(fd)
	if err == nil && fileType(st) == unix.S_IFLNK {
		err = ErrLink
	}
	if err != nil {
		closeFD(fd)
		return -1, err
	}
	return fd, nil
}

// leadsThroughLink reports whether an element of name is a link. With O_DIRECTORY the kernel's error for that is
// ENOTDIR, as for a file.
func (d *Dir) leadsThroughLink(name string) bool {
	found := false
	err := d.inParent(name, func(dir int, base string) error {
		found = isLink(dir, base)
		return nil
	})
	return found || errors.Is(err, ErrLink)
}

// openWithin opens name by os.Root, which lets no link lead out of d. It needs the right to read each directory on
// the way.
func (d *Dir) openWithin(name string, flags int, mode uint32) (int, error) {
	root, err := os.OpenRoot(d.Path())
	if err != nil {
		return -1, cause(err)
	}
	defer func() { _ = root.Close() }()
	if flags&unix.O_PATH != 0 { // with it, os.Root would open a link itself
		flags = flags&^unix.O_PATH | unix.O_NONBLOCK
	}
	f, err := root.OpenFile(name, flags, os.FileMode(mode))
	if err != nil {
		return -1, cause(err)
	}
	defer func() { _ = f.Close() }()
	return retry(func() (int, error) { return unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0) })
}

// cause unwraps an os.PathError, as callers name action and object themselves.
func cause(err error) error {
	if inner, ok := errors.AsType[*os.PathError](err); ok {
		return inner.Err
	}
	return err
}

// openOwn opens name by the rule FollowOwn.
func (d *Dir) openOwn(name string, flags int, mode uint32) (fd int, err error) {
	err = d.inParent(name, func(dir int, base string) error {
		fd, err = openOwn(dir, base, flags, mode)
		return err
	})
	if err != nil {
		return -1, err
	}
	return fd, nil
}

func openOwn(dir int, base string, flags int, mode uint32) (int, error) {
	fd, err := openat(dir, base, flags|unix.O_NOFOLLOW, mode)
	if err == nil && flags&unix.O_PATH != 0 {
		fd, err = refuseLink(fd)
	}
	if err == nil || !isLink(dir, base) {
		return fd, err
	}
	if err := checkOwnLink(dir); err != nil {
		return -1, err
	}
	return openat(dir, base, flags, mode)
}

// checkOwnLink returns ErrLink if this thread is root and somebody else may have made a link in dir.
func checkOwnLink(dir int) error {
	if fileUser() != 0 {
		return nil
	}
	st, err := fstat(dir)
	if err == nil && (st.Uid != 0 || st.Mode&0o022 != 0) {
		err = fmt.Errorf("%w in a directory of uid %d", ErrLink, st.Uid)
	}
	return err
}

// checkFollow returns ErrLink if the rule of d forbids to follow a link in dir.
func (d *Dir) checkFollow(dir int) error {
	switch d.links {
	case RefuseLinks:
		return ErrLink
	case FollowOwn:
		return checkOwnLink(dir)
	default:
		return nil
	}
}

// inParent calls fn with a descriptor of name's parent directory and the last element of name ("." for d itself).
func (d *Dir) inParent(name string, fn func(dir int, base string) error) error {
	clean := path.Clean(name)
	if d.links == RefuseLinks && leavesDir(clean) {
		return unix.EXDEV
	}
	parent, base := path.Split(clean)
	parent = strings.TrimSuffix(parent, "/")
	switch {
	case parent == "":
		return fn(d.fd, base)
	case d.links == RefuseLinks:
		return d.byElement(parent, openNoLinksDir, func(dir int) error { return fn(dir, base) })
	case d.links == FollowOwn && !path.IsAbs(clean):
		return d.byElement(parent, openOwnDir, func(dir int) error { return fn(dir, base) })
	}
	fd, err := d.open(parent, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer closeFD(fd)
	return fn(fd, base)
}

// leavesDir reports whether a clean name leads out of the directory that it is relative to.
func leavesDir(clean string) bool {
	return path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../")
}

// byElement opens the directories of a path one after the other by next, and calls fn with the last one.
func (d *Dir) byElement(path string, next func(dir int, element string) (int, error), fn func(dir int) error) error {
	dir := d.fd
	for element := range strings.SplitSeq(path, "/") {
		below, err := next(dir, element)
		if dir != d.fd {
			closeFD(dir)
		}
		if err == nil {
			below, err = d.checkMount(below)
		}
		if err != nil {
			return err
		}
		dir = below
	}
	defer closeFD(dir)
	return fn(dir)
}

func openNoLinksDir(dir int, element string) (int, error) {
	fd, err := openat(dir, element, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.ENOTDIR) && isLink(dir, element) {
		return -1, ErrLink
	}
	return fd, err
}

func openOwnDir(dir int, element string) (int, error) {
	return openOwn(dir, element, unix.O_PATH|unix.O_DIRECTORY, 0)
}

func isLink(dir int, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && fileType(st) == unix.S_IFLNK
}

func openat(dir int, name string, flags int, mode uint32) (int, error) {
	return retry(func() (int, error) {
		return unix.Openat(dir, name, flags|unix.O_CLOEXEC|unix.O_NOCTTY, mode)
	})
}

func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
