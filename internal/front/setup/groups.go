package setup

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// device is a file whose group hermes needs, such as the socket of a container engine.
type device struct {
	path  string
	gid   uint32
	group string // name for a new group, if no group has gid
}

// joinGroups makes hermes a member of the groups of sockets, graphics devices and --group-add. It returns a line for
// each new membership.
//
// contract: SETUP-31
func (j *job) joinGroups(db *identity.DB) []string {
	var lines []string
	for _, d := range j.devices() {
		if group, added := db.Join(identity.Hermes, d.gid, d.group); added {
			lines = append(lines, fmt.Sprintf("Added hermes to group %s (GID %d) for %s", group, d.gid, d.path))
		}
	}
	gids, err := os.Getgroups()
	if err != nil || j.Root != "" {
		return lines
	}
	slices.Sort(gids)
	for _, gid := range gids {
		if gid == 0 {
			continue // the group of root, which is no --group-add
		}
		if group, added := db.Join(identity.Hermes, uint32(gid), "hostgroup"); added {
			lines = append(lines, fmt.Sprintf("Added hermes to group %s (GID %d) for --group-add", group, gid))
		}
	}
	return lines
}

// devices returns the sockets and devices that lend hermes their group: those that the operator has put there, and
// hermes cannot have. A socket is one if it is a mount point. A device is one also in a directory of root's own: the
// engine makes it there, and to make one takes a right that hermes never has.
func (j *job) devices() []device {
	var found []device
	for _, dir := range []string{"/var/run", "/run"} {
		_ = j.inDir(dir, func(d *held.Dir) error {
			st, mounted, err := d.LstatMount("docker.sock")
			if err == nil && mounted && st.Mode&unix.S_IFMT == unix.S_IFSOCK {
				found = append(found, device{dir + "/docker.sock", st.Gid, "hostdocker"})
			}
			return err
		})
	}
	const cards = "/dev/dri"
	sockets := len(found)
	_ = j.inDir(cards, func(d *held.Dir) error {
		uid, _, shared, err := d.Owner()
		if err != nil {
			return err
		}
		return d.EachName(func(name string) {
			st, mounted, err := d.LstatMount(name)
			if err != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Gid == 0 || !mounted && (uid != 0 || shared) {
				return
			}
			found = append(found, device{cards + "/" + name, st.Gid, "hostrender"})
		})
	})
	slices.SortFunc(found[sockets:], func(a, b device) int { return strings.Compare(a.path, b.path) })
	return found
}

// inDir calls do with a directory, if it is there and only root can exchange what leads to it.
func (j *job) inDir(path string, do func(*held.Dir) error) error {
	root, err := held.Open(j.inRoot("/"), held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing was written
	t, err := root.Trail(path)
	if err != nil {
		return err
	}
	defer func() { _ = t.Dir.Close() }()
	if t.Missing != "" {
		return fs.ErrNotExist
	}
	return do(t.Dir)
}
