package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"caduceus/internal/front/profile"
	"caduceus/internal/held"
)

const bridge = "scripts/whatsapp-bridge"

// refreshBridges replaces copies of the WhatsApp bridge that differ from the image's. The agent has made them, one in each
// profile that uses the bridge; a profile without a copy gets none here.
//
// contract: SETUP-38
func (j *job) refreshBridges(context.Context, *volume) error {
	image := os.DirFS(j.inRoot(installDir + "/" + bridge))
	root := profile.Home(j.home).Root()
	copies, _ := filepath.Glob(j.inRoot(filepath.Join(root, "profiles", "*", bridge)))
	var failed []error
	for _, dir := range append(copies, j.inRoot(filepath.Join(root, bridge))) {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || same(image, dir) {
			continue
		}
		if err := replaceTree(dir, image); err != nil {
			failed = append(failed, fmt.Errorf("cannot replace %q: %w", dir, err))
			continue
		}
		j.say("Replaced the WhatsApp bridge in %s by the image's", j.withoutRoot(filepath.Dir(filepath.Dir(dir))))
	}
	return errors.Join(failed...)
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

// replaceTree runs with the file rights of hermes, so a link in its way leads it nowhere that hermes cannot go.
func replaceTree(dir string, image fs.FS) error {
	fresh := dir + ".new"
	err := errors.Join(os.RemoveAll(fresh), os.CopyFS(fresh, image))
	if err == nil {
		err = errors.Join(os.RemoveAll(dir), os.Rename(fresh, dir))
	}
	return err
}
