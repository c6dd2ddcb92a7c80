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
	case Refuse:
		return d.openPlain(name, flags, mode)
	case Within:
		return d.openWithin(name, flags, mode)
	case Own:
		return d.openOwn(name, flags, mode)
	default:
		return openat(d.fd, name, flags, mode)
	}
}

// openPlain opens name without a link at any place, in one step.
func (d *Dir) openPlain(name string, flags int, mode uint32) (int, error) {
	name = path.Clean(name)
	if flags&unix.O_PATH == 0 {
		flags |= unix.O_NOCTTY // which openat2 takes with nothing that is not opened
	}
	how := unix.OpenHow{
		Flags:   uint64(flags | unix.O_CLOEXEC),
		Mode:    uint64(mode),
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	fd, err := retry(func() (int, error) { return unix.Openat2(d.fd, name, &how) })
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM): // an old kernel, or a filter that does not know it
		return d.openByElement(name, flags, mode)
	case errors.Is(err, unix.ELOOP):
		return -1, ErrLink
	case errors.Is(err, unix.ENOTDIR) && d.leadsThroughLink(name):
		return -1, ErrLink
	case err == nil && flags&unix.O_PATH != 0: // of a link the link itself is opened
		return refuseLink(fd)
	}
	return fd, err
}

// openByElement is openPlain for a kernel without openat2.
func (d *Dir) openByElement(name string, flags int, mode uint32) (fd int, err error) {
	err = d.at(name, func(dir int, base string) error {
		fd, err = openat(dir, base, flags|unix.O_NOFOLLOW, mode)
		switch {
		case errors.Is(err, unix.ELOOP):
			return ErrLink
		case errors.Is(err, unix.ENOTDIR) && isLink(dir, base):
			return ErrLink
		case err == nil && flags&unix.O_PATH != 0:
			fd, err = refuseLink(fd)
		}
		return err
	})
	if err != nil {
		return -1, err
	}
	return fd, nil
}

func refuseLink(fd int) (int, error) {
	st, err := fstat(fd)
	if err == nil && kind(st) == unix.S_IFLNK {
		err = ErrLink
	}
	if err != nil {
		closeFD(fd)
		return -1, err
	}
	return fd, nil
}

// leadsThroughLink reports whether an element of name is a link: O_DIRECTORY hides that behind ENOTDIR.
func (d *Dir) leadsThroughLink(name string) bool {
	found := false
	err := d.at(name, func(dir int, base string) error {
		found = isLink(dir, base)
		return nil
	})
	return found || errors.Is(err, ErrLink)
}

// openWithin leaves it to the standard library not to let a link lead out of d, which takes the right to
// read on the way.
func (d *Dir) openWithin(name string, flags int, mode uint32) (int, error) {
	root, err := os.OpenRoot(d.Path())
	if err != nil {
		return -1, cause(err)
	}
	defer func() { _ = root.Close() }()
	if flags&unix.O_PATH != 0 { // of a link it would open the link itself
		flags = flags&^unix.O_PATH | unix.O_NONBLOCK
	}
	f, err := root.OpenFile(name, flags, os.FileMode(mode))
	if err != nil {
		return -1, cause(err)
	}
	defer func() { _ = f.Close() }()
	return retry(func() (int, error) { return unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0) })
}

// cause is the error below the names that the standard library puts around it: the caller adds its own.
func cause(err error) error {
	if inner, ok := errors.AsType[*os.PathError](err); ok {
		return inner.Err
	}
	return err
}

// openOwn follows a link only where it can be the caller's own.
func (d *Dir) openOwn(name string, flags int, mode uint32) (fd int, err error) {
	err = d.at(name, func(dir int, base string) error {
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
	if err := ownLinks(dir); err != nil {
		return -1, err
	}
	return openat(dir, base, flags, mode)
}

// ownLinks is an error if this process is root and dir is not root's alone: what a link in it leads to is then
// somebody else's choice.
func ownLinks(dir int) error {
	if fileUser() != 0 {
		return nil
	}
	st, err := fstat(dir)
	if err == nil && (st.Uid != 0 || st.Mode&0o022 != 0) {
		err = fmt.Errorf("%w in a directory of uid %d", ErrLink, st.Uid)
	}
	return err
}

// mayFollow is an error if a link in dir must not be followed by the rule of d.
func (d *Dir) mayFollow(dir int) error {
	switch d.links {
	case Refuse:
		return ErrLink
	case Own:
		return ownLinks(dir)
	default:
		return nil
	}
}

// at calls fn with a descriptor of the directory that holds name, and name's last element ("." for d itself).
func (d *Dir) at(name string, fn func(dir int, base string) error) error {
	clean := path.Clean(name)
	if d.links == Refuse && (path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../")) {
		return unix.EXDEV
	}
	parent, base := path.Split(clean)
	parent = strings.TrimSuffix(parent, "/")
	switch {
	case parent == "":
		return fn(d.fd, base)
	case d.links == Refuse:
		return d.byElement(parent, plainDir, func(dir int) error { return fn(dir, base) })
	case d.links == Own && !path.IsAbs(clean):
		return d.byElement(parent, ownDir, func(dir int) error { return fn(dir, base) })
	}
	fd, err := d.open(parent, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer closeFD(fd)
	return fn(fd, base)
}

// byElement opens the directories of a way one after the other, and calls fn with the last one.
func (d *Dir) byElement(way string, next func(dir int, element string) (int, error), fn func(dir int) error) error {
	dir := d.fd
	for element := range strings.SplitSeq(way, "/") {
		below, err := next(dir, element)
		if dir != d.fd {
			closeFD(dir)
		}
		if err != nil {
			return err
		}
		dir = below
	}
	defer closeFD(dir)
	return fn(dir)
}

func plainDir(dir int, element string) (int, error) {
	fd, err := openat(dir, element, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.ENOTDIR) && isLink(dir, element) {
		return -1, ErrLink
	}
	return fd, err
}

func ownDir(dir int, element string) (int, error) {
	return openOwn(dir, element, unix.O_PATH|unix.O_DIRECTORY, 0)
}

func isLink(dir int, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && kind(st) == unix.S_IFLNK
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
