package held

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// maxTrailLinks is how many links a path may have, as in the kernel.
const maxTrailLinks = 40

// ErrHands is wrapped when somebody else than root could exchange an element of a path.
var ErrHands = errors.New("not in root's hands")

// Trail is a path whose elements only root can exchange, and the caller, if that is another user.
type Trail struct {
	Dir     *Dir   // the last directory that is there, with the rule RefuseLinks; the caller closes it
	Path    string // where the path leads, without links, from the directory where it begins
	Missing string // the end of Path that is not there below Dir; "" if all is
	Mounted bool   // a mount begins at an element of Path
}

// Trail goes from d along path, element by element. It refuses an element with ErrHands if another user may put
// something else in its place: if its directory is that user's or writable for others, unless it is sticky and the
// element root's. A mount point stays where it is, whoever owns the directory. A link is followed only in a
// directory of root's own. A path that begins with a slash begins at d, too.
func (d *Dir) Trail(name string) (Trail, error) { return d.trail(name, false) }

func (d *Dir) trail(name string, outside bool) (Trail, error) {
	t := trail{top: d, rest: elements(name), outside: outside}
	dir, err := openat(d.fd, ".", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return Trail{}, d.wrap("open", ".", err)
	}
	t.dir = dir
	for len(t.rest) > 0 && err == nil && !t.missing {
		err = t.step()
	}
	where := "/" + path.Join(slices.Concat(t.done, t.rest)...)
	if err != nil {
		closeFD(t.dir)
		return Trail{Path: where}, d.wrap("go to", name, err)
	}
	return Trail{
		Dir: hold(t.dir, path.Join(append([]string{d.Name()}, t.done...)...), RefuseLinks), Path: where,
		Missing: path.Join(t.rest...), Mounted: t.mounted,
	}, nil
}

// RootsOwn is where a directory leads, without links, if nobody but root, and the caller, can change where that is or what
// is in it. Nothing below a directory of others is opened, a mount point in it neither. Callers may test ErrHands and
// fs.ErrNotExist.
func RootsOwn(dir string) (string, error) {
	top, err := Open("/", RefuseLinks)
	if err != nil {
		return "", err
	}
	defer func() { _ = top.Close() }() // nothing was written through it
	// Whoever may make a name that is not there may also exchange those that are.
	const absent = ".absent"
	t, err := top.trail(path.Join(dir, absent), true)
	if err != nil {
		return "", err
	}
	_ = t.Dir.Close() // only looked at
	if t.Missing != absent {
		return "", fmt.Errorf("cannot go to %q: %w", dir, unix.ENOENT)
	}
	return path.Dir(t.Path), nil
}

func elements(name string) []string {
	return slices.DeleteFunc(strings.Split(name, "/"), func(e string) bool { return e == "" || e == "." })
}

// trail is the state of a Trail under way.
type trail struct {
	top        *Dir
	dir        int      // O_PATH; the directory that done leads to
	done, rest []string // elements
	links      int
	missing    bool
	mounted    bool
	outside    bool // nothing below a directory of others is opened
}

// step goes along the first element of rest.
func (t *trail) step() error {
	element := t.rest[0]
	if element == ".." {
		return t.restart(t.done[:max(len(t.done)-1, 0)], t.rest[1:])
	}
	if t.outside {
		if err := t.checkDir(); err != nil {
			return err
		}
	}
	fd, err := openat(t.dir, element, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.ENOENT) {
		t.missing = true
		return t.checkHands(-1)
	}
	if err != nil {
		return err
	}
	if err := t.checkHands(fd); err != nil {
		closeFD(fd)
		return err
	}
	st, err := fstat(fd)
	switch {
	case err != nil:
	case fileType(st) == unix.S_IFLNK:
		closeFD(fd)
		return t.follow(element)
	case fileType(st) != unix.S_IFDIR:
		err = unix.ENOTDIR
	}
	if err != nil {
		closeFD(fd)
		return err
	}
	closeFD(t.dir)
	t.dir, t.done, t.rest = fd, append(slices.Clone(t.done), element), t.rest[1:]
	return nil
}

// checkHands checks who may exchange the first element of rest, which fd is; -1 if it is missing.
func (t *trail) checkHands(fd int) error {
	dir, err := fstat(t.dir)
	if err != nil {
		return err
	}
	mounted := false
	var st unix.Stat_t
	if fd >= 0 {
		if st, err = fstat(fd); err != nil {
			return err
		}
		if mounted, err = t.isMount(fd); err != nil {
			return err
		}
		t.mounted = t.mounted || mounted
	}
	link := fd >= 0 && fileType(st) == unix.S_IFLNK
	shared := dir.Mode&0o022 != 0
	sticky := dir.Mode&unix.S_ISVTX != 0 && fd >= 0 && own(st.Uid) && !link
	if mounted || own(dir.Uid) && (!shared || sticky) {
		return nil
	}
	return t.inHandsOf(dir)
}

// checkDir refuses a directory in which another user may exchange whatever the first element of rest is.
func (t *trail) checkDir() error {
	dir, err := fstat(t.dir)
	if err != nil || own(dir.Uid) && (dir.Mode&0o022 == 0 || dir.Mode&unix.S_ISVTX != 0) {
		return err
	}
	return t.inHandsOf(dir)
}

// inHandsOf says that the first element of rest is in a directory of others.
func (t *trail) inHandsOf(dir unix.Stat_t) error {
	who := "uid " + fmt.Sprint(dir.Uid)
	if own(dir.Uid) {
		who = "others"
	}
	where := "/" + path.Join(t.done...)
	return fmt.Errorf("%q is %w: %s may write to %q", path.Join(where, t.rest[0]), ErrHands, who, where)
}

// isMount reports whether another mount begins at fd, an entry of t.dir.
func (t *trail) isMount(fd int) (bool, error) {
	here, err := mountOf(t.dir)
	if err != nil {
		return false, err
	}
	there, err := mountOf(fd)
	return here != there, err
}

// own reports whether uid is root's or the caller's.
func own(uid uint32) bool { return uid == 0 || int(uid) == fileUser() }

// follow goes on with the target of a link.
func (t *trail) follow(element string) error {
	if t.links++; t.links > maxTrailLinks {
		return unix.ELOOP
	}
	target, err := readlink(t.dir, element)
	if err != nil {
		return err
	}
	rest := append(elements(target), t.rest[1:]...)
	if path.IsAbs(target) {
		return t.restart(nil, rest)
	}
	t.rest = rest
	return nil
}

// restart begins at the top again, with elements that have been checked.
func (t *trail) restart(done, rest []string) error {
	dir, err := openat(t.top.fd, ".", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	closeFD(t.dir)
	t.dir, t.done, t.mounted = dir, nil, false
	t.rest = append(slices.Clone(done), rest...)
	return nil
}
