package held

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// heldLevels is how many directories on its way down a walk keeps open. Below them it comes back by "..".
	heldLevels = 32
	// maxPending is how many directories a walk remembers below heldLevels.
	maxPending = 1 << 17
	// listSize is how many bytes of a directory a walk reads at once.
	listSize = 16 << 10
)

var (
	// ErrMoved is wrapped when a directory was moved while Walk was in it.
	ErrMoved = errors.New("a directory was moved while it was looked at")
	// ErrTooMany is wrapped when a tree has more directories than Walk remembers.
	ErrTooMany = errors.New("too many directories, too deep")
)

// Entry is what Walk finds. The one that it visits is open: its methods change what was looked at, whatever has the name
// by then.
type Entry struct {
	unix.Stat_t

	Name  string // the last element of its path
	Mount bool   // it is a mount point; only by the rule of OneMount

	fd int // O_PATH; -1 before it is opened
	at *walker
}

// IsDir reports whether the entry is a directory.
func (e Entry) IsDir() bool { return fileType(e.Stat_t) == unix.S_IFDIR }

// Path returns the path by which Walk came to the entry, from the directory that it was called for. It is any bytes
// and of any length.
func (e Entry) Path() string { return e.at.path(e.Name) }

// Chown changes the owner and group of the entry.
func (e Entry) Chown(uid, gid int) error {
	return unix.Fchownat(e.fd, "", uid, gid, unix.AT_EMPTY_PATH)
}

// Chmod changes the mode of the entry.
func (e Entry) Chmod(mode uint32) error { return unix.Chmod(fdPath(e.fd), mode) }

// Walk calls visit for name and all below it except links, for a directory before its entries. It only opens and
// visits what pick chooses; nil chooses everything. Pick is shown links, too, and what it does not choose once. If
// visit returns fs.SkipDir, the directory's entries are skipped. After any other error Walk goes on, and returns the
// first one; when ctx ends, it stops. An entry that vanishes is no error. If name is a link, the error is ErrLink.
//
// However deep and wide the tree is, Walk holds some forty descriptors, and remembers the names of directories only.
func (d *Dir) Walk(ctx context.Context, name string, pick func(Entry) bool, visit func(Entry) error) error {
	if pick == nil {
		pick = func(Entry) bool { return true }
	}
	fd, err := d.WithLinks(RefuseLinks).open(name, unix.O_PATH, 0)
	if err != nil {
		return d.wrap("walk", name, err)
	}
	w := walker{ctx: ctx, in: d, pick: pick, visit: visit, start: path.Clean(name), list: make([]byte, listSize)}
	defer w.close()
	w.enter(fd, path.Base(w.start), true)
	for len(w.levels) > 0 && w.ended == nil {
		w.step()
	}
	if w.ended != nil {
		return d.wrap("walk", name, w.ended)
	}
	return d.wrap("walk", name, w.first)
}

type walker struct {
	ctx     context.Context //nolint:containedctx // of one call
	in      *Dir
	pick    func(Entry) bool
	visit   func(Entry) error
	start   string
	levels  []level // from the start down
	pending int     // names in all levels
	list    []byte  // of listSize
	first   error
	ended   error // of ctx
}

// level is a directory that the walk is in.
type level struct {
	name    string
	id      ID
	list    int      // its descriptor; -1 below heldLevels, but for the last level
	read    bool     // to its end
	pending []string // its directories that are still to be visited
}

func (w *walker) failed(err error) {
	if w.first == nil && err != nil && !errors.Is(err, unix.ENOENT) {
		w.first = err
	}
}

// step goes into the next directory of the last level, reads on in it, or goes up.
func (w *walker) step() {
	if w.ended = w.ctx.Err(); w.ended != nil {
		return
	}
	last := &w.levels[len(w.levels)-1]
	switch {
	case len(last.pending) > 0 && (last.read || len(w.levels) <= heldLevels):
		name := last.pending[len(last.pending)-1]
		last.pending = last.pending[:len(last.pending)-1]
		w.pending--
		w.open(last.list, name, true)
	case !last.read:
		w.readOn(last)
	default:
		w.up()
	}
}

// readOn visits the next entries of a level, and remembers its directories.
func (w *walker) readOn(l *level) {
	n, err := retry(func() (int, error) { return unix.ReadDirent(l.list, w.list) })
	if err != nil || n == 0 {
		l.read = true
		w.failed(err)
		return
	}
	_, _, names := unix.ParseDirent(w.list[:n], -1, nil)
	for _, name := range names {
		w.entry(l, l.list, name)
	}
}

// entry visits a file if pick chooses it, and remembers a directory: in a large tree, few files are chosen.
func (w *walker) entry(l *level, dir int, name string) {
	var st unix.Stat_t
	err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case err != nil:
		w.failed(err)
	case fileType(st) == unix.S_IFDIR && w.pending < maxPending:
		l.pending = append(l.pending, name)
		w.pending++
	case fileType(st) == unix.S_IFDIR:
		w.failed(ErrTooMany)
	case w.pick(Entry{Stat_t: st, Name: name, fd: -1, at: w}) && fileType(st) != unix.S_IFLNK:
		w.open(dir, name, false)
	}
}

// open opens an entry of the last level and visits it. descend: it may be a directory.
func (w *walker) open(dir int, name string, descend bool) {
	fd, err := openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		w.failed(err)
		return
	}
	w.enter(fd, name, descend)
}

// enter visits an open entry; with descend, a directory becomes the last level. It closes fd.
func (w *walker) enter(fd int, name string, descend bool) {
	defer closeFD(fd)
	st, err := fstat(fd)
	if err != nil || fileType(st) == unix.S_IFLNK || fileType(st) == unix.S_IFDIR && !descend {
		w.failed(err) // nil if somebody has exchanged the entry
		return
	}
	e := Entry{Stat_t: st, Name: name, fd: fd, at: w}
	dir, picked := e.IsDir(), w.pick(e)
	if w.in.oneMount && (dir || picked) {
		id, err := mountOf(fd)
		if err != nil {
			w.failed(err)
			return
		}
		e.Mount = id != w.in.mount
	}
	if picked || e.Mount {
		err = w.visit(e)
	}
	if err != nil && !errors.Is(err, fs.SkipDir) {
		w.failed(err)
	}
	if !dir || e.Mount || errors.Is(err, fs.SkipDir) {
		return
	}
	list, err := openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		w.failed(err)
		return
	}
	if n := len(w.levels); n > heldLevels { // it has been read to its end
		closeFD(w.levels[n-1].list)
		w.levels[n-1].list = -1
	}
	w.levels = append(w.levels, level{name: name, id: ID{Dev: st.Dev, Ino: st.Ino}, list: list})
}

// up leaves the last level. If the one above is not held, it is opened by "..", and must be the same.
func (w *walker) up() {
	n := len(w.levels) - 1
	left := w.levels[n].list
	defer closeFD(left)
	w.levels = w.levels[:n]
	if n == 0 || w.levels[n-1].list >= 0 {
		return
	}
	fd, err := openat(left, "..", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err == nil {
		var st unix.Stat_t
		if st, err = fstat(fd); err == nil && (ID{Dev: st.Dev, Ino: st.Ino}) != w.levels[n-1].id {
			err = ErrMoved
		}
		if err == nil {
			w.levels[n-1].list = fd
			return
		}
		closeFD(fd)
	}
	w.failed(err)
	for len(w.levels) > 0 && w.levels[len(w.levels)-1].list < 0 {
		w.pending -= len(w.levels[len(w.levels)-1].pending)
		w.levels = w.levels[:len(w.levels)-1]
	}
}

func (w *walker) close() {
	for _, l := range w.levels {
		if l.list >= 0 {
			closeFD(l.list)
		}
	}
}

func (w *walker) path(name string) string {
	if len(w.levels) == 0 {
		return w.start
	}
	elements := []string{w.start}
	for _, l := range w.levels[1:] {
		elements = append(elements, l.name)
	}
	return strings.Join(append(elements, name), "/")
}
