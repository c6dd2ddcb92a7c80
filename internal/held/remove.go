package held

import (
	"errors"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// RemoveAll removes name and all below it, however deep that is, with two descriptors at a time: a directory that
// is not empty moves up beside name, under a hidden name of its own, before it is emptied. Links are
// removed, not followed; mounts stay, and so does what cannot be removed. The error is the first one.
func (d *Dir) RemoveAll(name string) error {
	return d.wrap("remove", name, d.inParent(name, func(dir int, base string) error {
		if err := removeOne(dir, base); err == nil || !errors.Is(err, unix.ENOTEMPTY) {
			return err
		}
		r := remover{top: dir, todo: []string{base}}
		for len(r.todo) > 0 {
			last := len(r.todo) - 1
			next := r.todo[last]
			r.todo = r.todo[:last]
			r.empty(next)
			r.failed(removeOne(dir, next))
		}
		return r.first
	}))
}

// removeOne removes a file, a link or an empty directory; what is gone already is no error.
func removeOne(dir int, name string) error {
	err := unix.Unlinkat(dir, name, 0)
	if errors.Is(err, unix.EISDIR) || errors.Is(err, unix.EPERM) {
		err = unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
	}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return nil
	case errors.Is(err, unix.EEXIST): // another word for it
		return unix.ENOTEMPTY
	}
	return err
}

// remover empties directories of top one after the other.
type remover struct {
	top   int
	todo  []string // directories of top that are not empty
	count int
	first error
}

func (r *remover) failed(err error) {
	if r.first == nil {
		r.first = err
	}
}

// empty removes what is in a directory of top, and moves its directories that are not empty to top.
func (r *remover) empty(name string) {
	fd, err := openat(r.top, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		r.failed(err)
		return
	}
	f := os.NewFile(uintptr(fd), name)
	defer func() { _ = f.Close() }()
	for {
		names, err := f.Readdirnames(1024)
		for _, entry := range names {
			err := removeOne(fd, entry)
			if errors.Is(err, unix.ENOTEMPTY) {
				err = r.lift(fd, entry)
			}
			r.failed(err)
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.failed(cause(err))
			return
		}
	}
}

// lift moves a directory to top, under a name that is free.
func (r *remover) lift(dir int, entry string) error {
	for {
		r.count++
		fresh := ".removed." + strconv.Itoa(os.Getpid()) + "." + strconv.Itoa(r.count)
		err := unix.Renameat2(dir, entry, r.top, fresh, unix.RENAME_NOREPLACE)
		if errors.Is(err, unix.EEXIST) {
			continue
		}
		if err == nil {
			r.todo = append(r.todo, fresh)
		}
		return err
	}
}
