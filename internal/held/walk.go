package held

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// Entry is a file or directory that Walk visits. It is open: its methods change what was looked at, whatever has the
// name by then.
type Entry struct {
	unix.Stat_t

	Name string // the last element of its path
	fd   int    // O_PATH
}

// IsDir reports whether the entry is a directory.
func (e Entry) IsDir() bool { return fileType(e.Stat_t) == unix.S_IFDIR }

// Chown changes the owner and group of the entry.
func (e Entry) Chown(uid, gid int) error {
	return unix.Fchownat(e.fd, "", uid, gid, unix.AT_EMPTY_PATH)
}

// Chmod changes the mode of the entry.
func (e Entry) Chmod(mode uint32) error { return unix.Chmod(fdPath(e.fd), mode) }

// Walk calls visit for name and all below it except links, for a directory before its entries. It only opens and
// visits what pick chooses, by its status; nil chooses everything. If visit returns fs.SkipDir, the directory's
// entries are skipped. After any other error Walk goes on, and returns the first one. An entry that vanishes is no
// error. If name is a link, the error is ErrLink.
func (d *Dir) Walk(name string, pick func(unix.Stat_t) bool, visit func(Entry) error) error {
	if pick == nil {
		pick = func(unix.Stat_t) bool { return true }
	}
	w := walker{pick: pick, visit: visit}
	fd, err := d.WithLinks(RefuseLinks).open(name, unix.O_PATH, 0)
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

// entry opens an entry only if pick chooses it or it is a directory: in a large tree, few are chosen.
func (w *walker) entry(dir int, name string) {
	var st unix.Stat_t
	err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil {
		w.failed(err)
		return
	}
	if fileType(st) == unix.S_IFLNK || fileType(st) != unix.S_IFDIR && !w.pick(st) {
		return
	}
	fd, err := openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		w.failed(err)
		return
	}
	w.opened(fd, name)
}

// opened visits an open entry, then what is below it. It closes fd.
func (w *walker) opened(fd int, name string) {
	st, err := fstat(fd)
	if err == nil && fileType(st) != unix.S_IFLNK && w.pick(st) {
		err = w.visit(Entry{Stat_t: st, Name: name, fd: fd})
	}
	if err != nil && !errors.Is(err, fs.SkipDir) {
		w.failed(err)
	}
	list := -1
	if fileType(st) == unix.S_IFDIR && !errors.Is(err, fs.SkipDir) {
		if list, err = openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0); err != nil {
			w.failed(err)
		}
	}
	closeFD(fd) // while it descends, one descriptor a level is enough
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
