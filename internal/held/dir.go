package held

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"

	"golang.org/x/sys/unix"
)

// Links says how symbolic links below a directory count.
type Links int

const (
	// Refuse makes a link ErrLink, on the way as at the end. The way never leaves the directory.
	Refuse Links = iota
	// Within follows links as long as they lead to what is below the directory.
	Within
	// Own follows a link if nobody with fewer rights can have made it: root follows one only in a directory
	// that nobody else may write to, every other user follows all.
	Own
	// Follow follows links as the kernel does.
	Follow
)

var (
	// ErrLink is wrapped where a symbolic link is refused.
	ErrLink = errors.New("a symbolic link")
	// ErrNotRegular is wrapped where only a regular file will do.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge is wrapped where a file is longer than its reader wants.
	ErrTooLarge = errors.New("larger")
	// ErrBusy is wrapped where somebody else holds a lock.
	ErrBusy = errors.New("lock is held")
	// ErrExchanged is wrapped where somebody put something else in the place of what was just made.
	ErrExchanged = errors.New("something else is in its place")
)

// Dir is a held directory. Names given to its methods are relative to it, with slashes.
type Dir struct {
	f     *os.File // O_PATH
	fd    int
	links Links
}

// ID is the identity of a directory.
type ID struct{ Dev, Ino uint64 }

// Open holds the directory at path, which is resolved as the kernel does. links counts for all below it.
func Open(path string, links Links) (*Dir, error) {
	fd, err := openat(unix.AT_FDCWD, path, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open directory %q: %w", path, err)
	}
	return hold(fd, path, links), nil
}

func hold(fd int, name string, links Links) *Dir {
	return &Dir{f: os.NewFile(uintptr(fd), name), fd: fd, links: links}
}

// Dir holds a directory below d, by the same rule.
func (d *Dir) Dir(name string) (*Dir, error) {
	fd, err := d.open(name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, d.wrap("open directory", name, err)
	}
	return hold(fd, d.below(name), d.links), nil
}

// By is d with another rule. It is no second directory: it is closed with d.
func (d *Dir) By(links Links) *Dir { return &Dir{f: d.f, fd: d.fd, links: links} }

// Close gives the descriptor back.
func (d *Dir) Close() error { return d.f.Close() }

// Name is the path or name by which d was opened, for messages.
func (d *Dir) Name() string { return d.f.Name() }

// Path is a path of the held directory that is valid in this process, and in a child before its exec.
//
// spec: SUP-108
func (d *Dir) Path() string { return fdPath(d.fd) }

func fdPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// ID is the identity of d.
func (d *Dir) ID() (ID, error) {
	st, err := fstat(d.fd)
	if err != nil {
		return ID{}, fmt.Errorf("cannot stat %q: %w", d.Name(), err)
	}
	return ID{Dev: st.Dev, Ino: st.Ino}, nil
}

// Owner returns who decides what is in d: its owner and group, and whether others may write to it, too.
func (d *Dir) Owner() (uid, gid uint32, shared bool, err error) {
	st, err := fstat(d.fd)
	if err != nil {
		return 0, 0, false, fmt.Errorf("cannot stat %q: %w", d.Name(), err)
	}
	return st.Uid, st.Gid, st.Mode&0o022 != 0, nil
}

// Lstat looks at an entry itself, not at what a link in its place leads to.
func (d *Dir) Lstat(name string) (st unix.Stat_t, err error) {
	err = d.at(name, func(dir int, base string) error {
		return unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW)
	})
	return st, d.wrap("stat", name, err)
}

// Stat looks at what name leads to by the rule of d.
func (d *Dir) Stat(name string) (unix.Stat_t, error) {
	fd, err := d.open(name, unix.O_PATH, 0)
	if err != nil {
		return unix.Stat_t{}, d.wrap("stat", name, err)
	}
	defer closeFD(fd)
	st, err := fstat(fd)
	return st, d.wrap("stat", name, err)
}

// Exists reports whether name leads to something by the rule of d.
func (d *Dir) Exists(name string) bool {
	_, err := d.Stat(name)
	return err == nil
}

// IsLink reports whether an entry is a symbolic link.
func (d *Dir) IsLink(name string) bool {
	st, err := d.Lstat(name)
	return err == nil && kind(st) == unix.S_IFLNK
}

// EachName calls f with every name in d, in chunks: whoever may write to d decides how many there are.
func (d *Dir) EachName(f func(name string)) error {
	fd, err := openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return fmt.Errorf("cannot list %q: %w", d.Name(), err)
	}
	list := os.NewFile(uintptr(fd), d.Name())
	defer func() { _ = list.Close() }()
	for {
		names, err := list.Readdirnames(256)
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

func fstat(fd int) (st unix.Stat_t, err error) {
	err = unix.Fstat(fd, &st)
	return st, err
}

// fileUser is as whom this thread uses files: its effective uid, unless it took the file rights of another
// account.
func fileUser() int {
	uid, _ := unix.SetfsuidRetUid(-1) // an impossible id changes nothing
	return uid
}

// fileGroup is fileUser for the group.
func fileGroup() int {
	gid, _ := unix.SetfsgidRetGid(-1)
	return gid
}

func kind(st unix.Stat_t) uint32 { return st.Mode & unix.S_IFMT }

// wrap names what was tried with which object; nil stays nil.
func (d *Dir) wrap(verb, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot %s %q: %w", verb, d.below(name), err)
}

// below is name with the directory before it, for messages.
func (d *Dir) below(name string) string {
	if d.f == nil || path.IsAbs(name) {
		return name
	}
	return path.Join(d.Name(), name)
}

func closeFD(fd int) { _ = unix.Close(fd) }
