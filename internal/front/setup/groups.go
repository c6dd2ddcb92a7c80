package setup

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

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

// devices returns the devices that exist.
func (j *job) devices() []device {
	var found []device
	for _, path := range []string{"/var/run/docker.sock", "/run/docker.sock"} {
		if gid, mode, ok := j.group(path); ok && mode&fs.ModeSocket != 0 {
			found = append(found, device{path, gid, "hostdocker"})
		}
	}
	cards, _ := filepath.Glob(j.inRoot("/dev/dri/*"))
	for _, card := range cards {
		path := "/dev/dri/" + filepath.Base(card)
		if gid, mode, ok := j.group(path); ok && mode&fs.ModeCharDevice != 0 && gid != 0 {
			found = append(found, device{path, gid, "hostrender"})
		}
	}
	return found
}

// group returns the group and mode of path. It does not follow a link at its end, which could give hermes the group of any
// file; links on the way are followed, as /var/run is one.
func (j *job) group(path string) (gid uint32, mode fs.FileMode, ok bool) {
	info, err := os.Lstat(j.inRoot(path))
	if err != nil {
		return 0, 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return st.Gid, info.Mode(), true
}
