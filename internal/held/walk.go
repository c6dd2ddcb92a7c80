package held

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// Entry is something that Walk visits, opened: what is changed is what was looked at.
type Entry struct {
	unix.Stat_t

	Name string // its last element
	fd   int    // O_PATH
}

// IsDir reports whether the entry is a directory.
func (e Entry) IsDir() bool { return kind(e.Stat_t) == unix.S_IFDIR }

// Chown changes the owner and group of the entry.
func (e Entry) Chown(uid, gid int) error {
	return unix.Fchownat(e.fd, "", uid, gid, unix.AT_EMPTY_PATH)
}

// Chmod changes the mode of the entry.
func (e Entry) Chmod(mode uint32) error { return unix.Chmod(fdPath(e.fd), mode) }

// Walk visits name and all below it but links, a directory before its entries. pick chooses by a first look
// what is opened and visited; nil is everything. A visit that returns fs.SkipDir keeps Walk out of the
// directory. Walk goes on after any other error and returns the first; what vanishes meanwhile is none. A
// link in the place of name is ErrLink.
func (d *Dir) Walk(name string, pick func(unix.Stat_t) bool, visit func(Entry) error) error {
	if pick == nil {
		pick = func(unix.Stat_t) bool { return true }
	}
	w := walker{pick: pick, visit: visit}
	fd, err := d.By(Refuse).open(name, unix.O_PATH, 0)
	if err != nil {
		return d.wrap("walk", name, err)
	}
	w.opened(fd, path.Base(path.Clean(name)))
	return d.wrap("walk", name, w.first)
}

type walker struct {
	pick  func(unix.Stat_t) bool
	visit func(Entry) error
	first error
}

func (w *walker) failed(err error) {
	if w.first == nil && !errors.Is(err, unix.ENOENT) {
		w.first = err
	}
}

// entry looks before it opens, as most entries of a large tree need nothing.
func (w *walker) entry(dir int, name string) {
	var st unix.Stat_t
	err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil {
		w.failed(err)
		return
	}
	if kind(st) == unix.S_IFLNK || kind(st) != unix.S_IFDIR && !w.pick(st) {
		return
	}
	fd, err := openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		w.failed(err)
		return
	}
	w.opened(fd, name)
}

// opened visits what fd is and takes fd over.
func (w *walker) opened(fd int, name string) {
	st, err := fstat(fd)
	if err == nil && kind(st) != unix.S_IFLNK && w.pick(st) {
		err = w.visit(Entry{Stat_t: st, Name: name, fd: fd})
	}
	if err != nil && !errors.Is(err, fs.SkipDir) {
		w.failed(err)
	}
	list := -1
	if kind(st) == unix.S_IFDIR && !errors.Is(err, fs.SkipDir) {
		if list, err = openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0); err != nil {
			w.failed(err)
		}
	}
	closeFD(fd) // one descriptor a level is enough
	if list >= 0 {
		w.below(list)
	}
}

func (w *walker) below(list int) {
	f := os.NewFile(uintptr(list), "")
	defer func() { _ = f.Close() }()
	for {
		names, err := f.Readdirnames(1024)
		for _, name := range names {
			w.entry(list, name)
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			w.failed(cause(err))
			return
		}
	}
}
