package setup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"

	"caduceus/internal/front/toolcache"
)

// placeCaches makes the caches of npx and uvx on the volume where /tmp executes nothing: else each program that they fetch ends with
// "permission denied". A link in /tmp leads there, for who has the image's environment alone, as in docker exec.
//
// contract: TOOL-19
func (j *job) placeCaches(_ context.Context, v *volume) error {
	place := toolcache.Find(j.Root, v.path)
	tmp := path.Dir(toolcache.Default)
	switch {
	case place.Why == "":
		return nil
	case !place.Moved:
		j.warn("%s %s, and %s is mounted noexec: programs of npx and uvx cannot run; start the container with --tmpfs %[1]s:exec", tmp, place.Why, v.path)
		return nil
	}
	for _, c := range toolcache.Caches() {
		if err := v.MakeDirs(path.Join(toolcache.Rel, c.Dir), 0o700); err != nil {
			return err
		}
	}
	target := v.name(toolcache.Rel)
	if place.Link {
		if err := os.Symlink(target, j.inRoot(toolcache.Default)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	j.say("%s %s: npx and uvx keep their programs in %s; with --tmpfs %[1]s:exec they go with the container", tmp, place.Why, target)
	return nil
}
