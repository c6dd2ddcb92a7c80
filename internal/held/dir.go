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

// Links is the rule for symbolic links below a directory.
type Links int

const (
	// RefuseLinks returns ErrLink for a link, at any element of a name. Names that leave the directory are
	// refused, too.
	RefuseLinks Links = iota
	// FollowWithin follows links whose target is below the directory.
	FollowWithin
	// FollowOwn follows links that nobody with fewer rights can have made: root follows those in directories
	// that only root may write to, other users follow all.
	FollowOwn
	// FollowAll follows links as the kernel does.
	FollowAll
)

var (
	// ErrLink is wrapped when a symbolic link is refused.
	ErrLink = errors.New("a symbolic link")
	// ErrNotRegular is wrapped when a regular file is needed and something else is there.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge is wrapped when a file is larger than the reader's limit.
	ErrTooLarge = errors.New("larger")
	// ErrBusy is wrapped when another holder has the lock.
	ErrBusy = errors.New("lock is held")
	// ErrExchanged is wrapped when a new entry was replaced by somebody before its owner or mode was set.
	ErrExchanged = errors.New("something else is in its place")
)

// Dir is a directory held by a descriptor. Its methods take names relative to it, with slashes.
type Dir struct {
	f     *os.File // O_PATH; nil for AT_FDCWD
	fd    int
	links Links

	oneMount bool  // see OneMount
	mount    mount // of d, with oneMount
}

// ID identifies a directory, whatever its name is.
type ID struct{ Dev, Ino uint64 }

// Open opens the directory at path. Links in path itself are followed; links is the rule for names below it.
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

// Dir opens a directory below d, with the rule of d. The caller closes both.
func (d *Dir) Dir(name string) (*Dir, error) {
	fd, err := d.open(name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, d.wrap("open directory", name, err)
	}
	below := *d
	below.f, below.fd = os.NewFile(uintptr(fd), d.below(name)), fd
	return &below, nil
}

// WithLinks returns d with another rule for links. Both share one descriptor: close only d.
func (d *Dir) WithLinks(links Links) *Dir {
	other := *d
	other.links = links
	return &other
}

// Close closes the descriptor.
func (d *Dir) Close() error { return d.f.Close() }

// Name returns the path by which d was opened, for messages. It may lead elsewhere by now; see Path.
func (d *Dir) Name() string { return d.f.Name() }

// Path returns a path below /proc/self/fd that leads to the held directory. It is valid in this process, and in a
// child before its exec.
//
// spec: SUP-108
func (d *Dir) Path() string { return fdPath(d.fd) }

func fdPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// ID returns the device and inode of d.
func (d *Dir) ID() (ID, error) {
	st, err := fstat(d.fd)
	if err != nil {
		return ID{}, fmt.Errorf("cannot stat %q: %w", d.Name(), err)
	}
	return ID{Dev: st.Dev, Ino: st.Ino}, nil
}

// Owner returns the owner and group of d. shared reports whether its group or others may write to it.
func (d *Dir) Owner() (uid, gid uint32, shared bool, err error) {
	st, err := fstat(d.fd)
	if err != nil {
		return 0, 0, false, fmt.Errorf("cannot stat %q: %w", d.Name(), err)
	}
	return st.Uid, st.Gid, st.Mode&0o022 != 0, nil
}

// Lstat returns the status of an entry itself, also if it is a link.
func (d *Dir) Lstat(name string) (st unix.Stat_t, err error) {
	err = d.inParent(name, func(dir int, base string) error {
		return unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW)
	})
	return st, d.wrap("stat", name, err)
}

// Stat returns the status of what name leads to by the rule of d.
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
	return err == nil && fileType(st) == unix.S_IFLNK
}

// EachName calls f with every name in d. It reads them in chunks, as somebody else may have made any number of them.
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

// Empty reports whether there is nothing in d.
func (d *Dir) Empty() (bool, error) {
	fd, err := openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return false, d.wrap("list", ".", err)
	}
	list := os.NewFile(uintptr(fd), d.Name())
	defer func() { _ = list.Close() }()
	_, err = list.Readdirnames(1)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

func fstat(fd int) (st unix.Stat_t, err error) {
	err = unix.Fstat(fd, &st)
	return st, err
}

// fileUser returns the uid by which the kernel checks this thread's access to files (fsuid): the effective one, unless
// the thread took the file rights of another account.
func fileUser() int {
	uid, _ := unix.SetfsuidRetUid(-1) // -1 is never a valid id: the call only returns the present one
	return uid
}

// fileGroup returns the gid for the same (fsgid).
func fileGroup() int {
	gid, _ := unix.SetfsgidRetGid(-1)
	return gid
}

func fileType(st unix.Stat_t) uint32 { return st.Mode & unix.S_IFMT }

// wrap adds action and object to an error; nil stays nil.
func (d *Dir) wrap(action, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot %s %q: %w", action, d.below(name), err)
}

// below returns name with the path of d before it, for messages.
func (d *Dir) below(name string) string {
	if d.f == nil || path.IsAbs(name) {
		return name
	}
	return path.Join(d.Name(), name)
}

func closeFD(fd int) { _ = unix.Close(fd) }
