package setup

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/mounts"
	"caduceus/internal/front/userfile"
	"caduceus/internal/held"
	"caduceus/internal/identity"
)

// giveEmptyMounts gives mount points directly below the volume to hermes that are empty and root's: an engine makes
// them so for a new volume, and for a directory of the host that is missing.
//
// contract: SETUP-40
func (j *job) giveEmptyMounts(_ context.Context, v *volume) error {
	for _, m := range mounts.Table() {
		if path.Dir(m.Point) != filepath.Clean(j.inRoot(j.trail.Path)) {
			continue
		}
		err := j.giveEmptyMount(path.Base(m.Point))
		if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ENOENT) || errors.Is(err, held.ErrLink) || errors.Is(err, unix.EROFS) {
			continue // a file, or hidden by another mount, or not to be changed
		}
		if err != nil {
			j.warn("chown of %s (%v) failed (rootless container?) — continuing", mounts.Word(v.name(path.Base(m.Point))), cause(err))
		}
	}
	return nil
}

func (j *job) giveEmptyMount(name string) error {
	_, isMount, err := j.trail.Dir.LstatMount(name)
	if err != nil || !isMount {
		return err
	}
	dir, err := j.trail.Dir.Dir(name)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }() // nothing was written
	uid, _, _, err := dir.Owner()
	if err != nil || uid != 0 {
		return err
	}
	if empty, err := dir.Empty(); err != nil || !empty {
		return err
	}
	return dir.Chown(".", int(j.hermes.UID), int(j.hermes.GID))
}

// nameMount names a mount below the volume whose owners stay as they are, once.
//
// contract: SETUP-40
func (j *job) nameMount(v *volume, rel string) {
	rel, st := j.mountAbove(rel)
	where := v.name(rel)
	if rel == "" || slices.Contains(userfile.Names(), rel) || j.mounts[where] || st.Mode&unix.S_IFMT != unix.S_IFDIR && j.readable(rel) {
		return
	}
	if j.mounts == nil {
		j.mounts = map[string]bool{}
	}
	j.mounts[where] = true
	mount := mounts.Mount{}
	for _, m := range mounts.Table() {
		if m.Point == path.Join(filepath.Clean(j.inRoot(j.trail.Path)), rel) {
			mount = m // of several on one directory the last one covers the others
		}
	}
	say := j.warn
	if st.Uid == j.hermes.UID {
		say = j.say
	}
	say("%s is a mount of its own, of uid %d: owners in it stay as they are. If hermes is to have it: %s",
		mounts.Word(where), st.Uid, mount.Mend(j.hermes.UID, j.hermes.GID))
}

// mountAbove returns the first element of rel that is a mount point, and its status; "" if none is.
func (j *job) mountAbove(rel string) (string, unix.Stat_t) {
	elements := strings.Split(path.Clean(rel), "/")
	for n := range elements {
		above := path.Join(elements[:n+1]...)
		st, isMount, err := j.trail.Dir.LstatMount(above)
		if err != nil {
			break
		}
		if isMount {
			return above, st
		}
	}
	return "", unix.Stat_t{}
}

// readable reports whether hermes can read an entry of the volume.
func (j *job) readable(rel string) bool {
	readable := false
	err := identity.As(j.hermes, func() {
		f, err := j.trail.Dir.Open(rel, unix.O_RDONLY|unix.O_NONBLOCK, 0)
		if err == nil {
			_ = f.Close()
		}
		readable = err == nil
	})
	return err == nil && readable
}
