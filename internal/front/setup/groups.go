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

// device is something whose group hermes needs, such as the engine's socket.
type device struct {
	path  string
	gid   uint32
	group string // name of the group to be made where gid has none
}

// joinGroups makes hermes a member of the groups of the sockets, of the graphics devices and of the
// container's start (--group-add), and gives a line for each that is new.
//
// contract: SETUP-31, SETUP-32, SETUP-33
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
			continue // root's own, always there
		}
		if group, added := db.Join(identity.Hermes, uint32(gid), "hostgroup"); added {
			lines = append(lines, fmt.Sprintf("Added hermes to group %s (GID %d) for --group-add", group, gid))
		}
	}
	return lines
}

// devices are those that exist, in the order of the contract.
func (j *job) devices() []device {
	var found []device
	for _, path := range []string{"/var/run/docker.sock", "/run/docker.sock"} {
		if gid, mode, ok := j.group(path); ok && mode&fs.ModeSocket != 0 {
			found = append(found, device{path, gid, "hostdocker"})
		}
	}
	cards, _ := filepath.Glob(j.real("/dev/dri/*"))
	for _, card := range cards {
		path := "/dev/dri/" + filepath.Base(card)
		if gid, mode, ok := j.group(path); ok && mode&fs.ModeCharDevice != 0 && gid != 0 {
			found = append(found, device{path, gid, "hostrender"})
		}
	}
	return found
}

// group is that of path itself: a link in its place would lend hermes the group of what it names. Links of
// directories on the way are followed, as /var/run is one.
func (j *job) group(path string) (gid uint32, mode fs.FileMode, ok bool) {
	info, err := os.Lstat(j.real(path))
	if err != nil {
		return 0, 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return st.Gid, info.Mode(), true
}
