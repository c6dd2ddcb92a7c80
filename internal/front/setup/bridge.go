package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"caduceus/internal/env"
	"caduceus/internal/front/mounts"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
)

const bridge = "scripts/whatsapp-bridge"

// maxProfiles is how many profiles the boot looks at. Hermes can make any number.
const maxProfiles = 10000

// refreshBridges replaces copies of the WhatsApp bridge that differ from the image's. The agent has made them, one in each
// profile that uses the bridge; a profile without a copy gets none here.
//
// contract: SETUP-38
func (j *job) refreshBridges(context.Context, *volume) error {
	image := os.DirFS(j.inRoot(installDir + "/" + bridge))
	root := profile.Home(j.home).Root()
	var failed []error
	for _, home := range append(profilesOf(j.inRoot(root)), j.inRoot(root)) {
		if len(failed) == maxFailed {
			break
		}
		dir := filepath.Join(home, bridge)
		if err := finishReplacement(dir); err != nil {
			failed = append(failed, err)
			continue
		}
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || same(image, dir) {
			continue
		}
		if err := replaceTree(dir, image); err != nil {
			failed = append(failed, fmt.Errorf("cannot replace the copy in %s: %w", env.Shown(j.withoutRoot(home)), cause(err)))
			continue
		}
		j.say("Replaced the WhatsApp bridge in %s by the image's", mounts.Word(j.withoutRoot(home)))
	}
	return errors.Join(failed...)
}

// maxFailed is how many copies may fail before the boot goes on without the rest.
const maxFailed = 3

// profilesOf returns the directories of named profiles.
func profilesOf(root string) []string {
	dir, err := os.Open(filepath.Join(root, "profiles"))
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }() // nothing was written
	names, _ := dir.Readdirnames(maxProfiles)
	slices.Sort(names)
	for i, name := range names {
		names[i] = filepath.Join(dir.Name(), name)
	}
	return names
}

// same reports whether dir is a copy of image. Of node_modules it compares only the hash of the dependencies.
func same(image fs.FS, dir string) bool {
	err := fs.WalkDir(image, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path == "node_modules":
			if err := equal(image, dir, path+"/.hermes-pkg-hash"); err != nil {
				return err
			}
			return fs.SkipDir
		case d.Type().IsRegular():
			return equal(image, dir, path)
		}
		return nil
	})
	return err == nil
}

// equal returns nil if the file has the same content in image and dir.
func equal(image fs.FS, dir, path string) error {
	want, err := fs.ReadFile(image, path)
	if err != nil {
		return err
	}
	got, err := held.ReadFile(filepath.Join(dir, path))
	if err == nil && !bytes.Equal(want, got) {
		return errors.New("different")
	}
	return err
}

// finishReplacement puts back what a replacement had moved away when it was cut short, and removes what it left.
func finishReplacement(dir string) error {
	parent, err := held.Open(filepath.Dir(dir), held.RefuseLinks)
	if err != nil {
		return nil // there is no copy
	}
	defer func() { _ = parent.Close() }() // nothing was written through it
	name := filepath.Base(dir)
	fresh, old := besides(name)
	if _, err := parent.Lstat(name); errors.Is(err, fs.ErrNotExist) && parent.Exists(old) {
		return parent.Rename(old, name)
	}
	return errors.Join(parent.RemoveAll(fresh), parent.RemoveAll(old))
}

// besides returns the names of the new and of the old tree while one replaces the other.
func besides(name string) (fresh, old string) { return "." + name + ".new", "." + name + ".old" }

// replaceTree runs with the file rights of hermes, so a link in its way leads it nowhere that hermes cannot go. The old
// tree is put away before it is removed: it may be large.
func replaceTree(dir string, image fs.FS) error {
	parent, err := held.Open(filepath.Dir(dir), held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = parent.Close() }() // nothing was written through it
	name := filepath.Base(dir)
	fresh, old := besides(name)
	err = errors.Join(parent.RemoveAll(fresh), parent.RemoveAll(old))
	if err == nil {
		err = os.CopyFS(filepath.Join(parent.Path(), fresh), image)
	}
	if err == nil {
		err = errors.Join(parent.Rename(name, old), parent.Rename(fresh, name))
	}
	if err == nil {
		err = parent.RemoveAll(old)
	}
	return err
}
