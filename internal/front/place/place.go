package place

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"caduceus/internal/env"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
)

// Kind is what a directory is to be.
type Kind struct {
	Default string                 // the one that the image has made for that
	Has     func(name string) bool // reports whether a file of this name shows that a directory is one already
}

// Find goes to path below root ("" is /) and returns where it leads. The error is one line, with a fix, if root must
// not give that to hermes; callers may test held.ErrHands. owners are the uids of hermes: what belongs to them already
// may be given. The caller closes the trail's directory.
func (k Kind) Find(root, path string, owners ...uint32) (held.Trail, error) {
	top, err := held.Open(filepath.Join("/", root), held.RefuseLinks)
	if err != nil {
		return held.Trail{}, err
	}
	defer func() { _ = top.Close() }() // nothing was written through it
	t, err := top.Trail(path)
	switch {
	case errors.Is(err, held.ErrHands):
		return t, fmt.Errorf("%w; mount a volume at %s itself, or give its parents to root", errors.Unwrap(err), env.Shown(path))
	case err != nil:
		return t, err
	}
	if err := k.judge(t, owners); err != nil {
		return t, errors.Join(err, t.Dir.Close())
	}
	return t, nil
}

func (k Kind) judge(t held.Trail, owners []uint32) error {
	if profile.IsSystemDir(t.Path) {
		return fmt.Errorf("it leads to %s, a directory of the system; name another", env.Shown(t.Path))
	}
	if t.Missing != "" || t.Mounted || t.Path == k.Default {
		return nil
	}
	uid, _, shared, err := t.Dir.Owner()
	if err != nil || slices.Contains(owners, uid) && uid != 0 {
		return err
	}
	if shared {
		return fmt.Errorf("%s is uid %d's and others may write to it; mount a volume there, or name another", env.Shown(t.Path), uid)
	}
	used, is := false, false
	err = t.Dir.EachName(func(name string) { used, is = true, is || k.Has(name) })
	if err == nil && used && !is {
		err = fmt.Errorf("%s belongs to uid %d and has files in it that are not the agent's; mount a volume there, or name another",
			env.Shown(t.Path), uid)
	}
	return err
}

// OfHome finds the directory of a home that root works on: its root, as hermes can exchange what is below that. hermes is
// the uid that the user hermes has, or had, beside that of the image.
//
// contract: ENV-14
func OfHome(root string, home profile.Home, hermes uint32) (held.Trail, error) {
	kind := Kind{Default: env.Home.Default(), Has: func(name string) bool {
		return slices.Contains([]string{"config.yaml", ".env", "SOUL.md", "profiles"}, name)
	}}
	return kind.Find(root, home.Root(), hermes, ImageID)
}

// ImageID is the uid and the gid of hermes in the image.
const ImageID = 10000
