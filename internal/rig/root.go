package rig

import (
	"fmt"
	"os"
	"path/filepath"
)

// Root is a root directory.
type Root struct {
	Dir    string
	Borrow []string // directories of the host that it uses
}

// NewRoot furnishes an existing directory with the host's programs and what /init expects.
func NewRoot(dir string) (Root, error) {
	r, err := Bare(dir)
	if err != nil {
		return r, err
	}
	for _, dir := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib64"} {
		if err := r.borrowed(dir); err != nil {
			return r, fmt.Errorf("cannot use %q of the host in %q: %w", dir, r.Dir, err)
		}
	}
	return r, os.Symlink("/run", r.Path("var/run"))
}

// Bare makes the directories that an Entry mounts on, below a directory that has its own programs.
func Bare(dir string) (Root, error) {
	for _, name := range []string{"proc", "run", "tmp", "dev", "etc", "var"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return Root{}, err
		}
	}
	return Root{Dir: dir, Borrow: []string{"/dev"}}, nil
}

// borrowed makes a directory of the host, or a link of that name, appear in the root; one that the host
// has not does not.
func (r *Root) borrowed(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return nil
	case info.IsDir():
		r.Borrow = append(r.Borrow, dir)
		return os.MkdirAll(r.Path(dir), 0o755)
	}
	target, err := os.Readlink(dir)
	if err != nil {
		return err
	}
	return os.Symlink(target, r.Path(dir))
}

// Path is the path outside the root of a file in it.
func (r Root) Path(file string) string { return filepath.Join(r.Dir, file) }
