package toolcache

import (
	"path/filepath"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
)

// Default is where the image's configuration of npm and uv puts the caches: they go with the container. Rel is where they are on the
// volume instead, below H.
const (
	Default = "/tmp/hermes-cache"
	Rel     = "cache/tools"
)

// Cache is the cache of one tool.
type Cache struct {
	Variable env.Path // names it to the tool
	Dir      string   // its name in the directory of both
}

// Caches are those of npm and uv.
func Caches() []Cache { return []Cache{{env.NpmCache, "npm"}, {env.UvCache, "uv"}} }

// Place is where the caches are.
type Place struct {
	Moved bool   // on the volume
	Why   string // what is the matter with /tmp; "" if nothing is
	Link  bool   // /tmp can hold a link to the volume
}

// Find looks at /tmp and at the volume with the rights of its caller. root is the prefix of every path, for tests. Where Why is set
// and Moved is not, there is no place where programs can be executed.
func Find(root, home string) Place {
	tmp, volume := filepath.Join("/", root, filepath.Dir(Default)), filepath.Join("/", root, home)
	p := Place{}
	switch {
	case unix.Faccessat(unix.AT_FDCWD, tmp, unix.W_OK|unix.X_OK, unix.AT_EACCESS) != nil:
		p.Why = "cannot be written"
	case noexec(tmp):
		p.Why, p.Link = "is mounted noexec", true
	default:
		return p
	}
	p.Moved = !noexec(volume)
	return p
}

// noexec reports whether nothing in a file system can be executed.
func noexec(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) == nil && fs.Flags&unix.ST_NOEXEC != 0
}
