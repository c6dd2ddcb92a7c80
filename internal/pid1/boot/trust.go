package boot

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"caduceus/internal/identity"
	"caduceus/internal/s6"
)

// searchOrder puts the directories of PATH in the order in which to look for a program. The image has
// one of hermes' own before those of the system. Root, at boot above all, must not run what lies
// there in place of a system's program of the same name: for root, such directories come last.
func searchOrder(dirs []string) []string {
	if os.Geteuid() != 0 {
		return dirs
	}
	foreign := func(dir string) bool { return !rootsOwn(dir) }
	own := slices.DeleteFunc(slices.Clone(dirs), foreign)
	return append(own, slices.DeleteFunc(slices.Clone(dirs), rootsOwn)...)
}

// rootsOwn says whether nobody but root decides what a path leads to: all of it is root's, and no
// directory of it can be written to by others.
func rootsOwn(path string) bool {
	if !filepath.IsAbs(path) {
		return false
	}
	for path = filepath.Clean(path); ; path = filepath.Dir(path) {
		info, err := os.Lstat(path)
		if err != nil {
			return false
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok || st.Uid != 0 || info.Mode()&fs.ModeSymlink == 0 && info.Mode()&0o022 != 0 {
			return false
		}
		if path == "/" {
			return true
		}
	}
}

// ownerOf tells as whom to run what lies in a directory that root does not have to itself, as hermes may
// put services and scripts into the scandir: its owner, or hermes where root only shares it. nil is
// this process.
func ownerOf(dir *s6.Dir) (*identity.Account, error) {
	uid, gid, shared, err := dir.Owner()
	if err != nil || os.Geteuid() != 0 || uid == 0 && !shared {
		return nil, err
	}
	hermes, err := identity.Lookup("", identity.Hermes)
	switch {
	case err == nil && (uid == 0 || uid == hermes.UID):
		return &hermes, nil
	case uid == 0: // no image of ours: as s6 does
		return nil, nil
	}
	return &identity.Account{Name: strconv.FormatUint(uint64(uid), 10), UID: uid, GID: gid}, nil
}

func runAs(dir *s6.Dir) (*syscall.Credential, error) {
	owner, err := ownerOf(dir)
	if owner == nil {
		return nil, err
	}
	return owner.Credential(), nil
}
