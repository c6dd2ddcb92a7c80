package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"caduceus/internal/held"
)

// fallbackDir holds passwd and group if /etc cannot be written.
const fallbackDir = "run/hermes"

// DB holds passwd and group in memory. Edits reach the disk by Save or SaveFallback.
type DB struct {
	root          string
	users, groups Table
	fallback      bool
}

// Open reads the account files below root ("" is /): those of /run/hermes if SaveFallback has written them, else those
// of /etc.
func Open(root string) (*DB, error) {
	if trusted(filepath.Join("/", root, fallbackDir)) {
		db, err := open(root, fallbackDir)
		if err == nil {
			db.fallback = true
			return db, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return open(root, "etc")
}

// trusted reports whether only root or the caller can have written in dir. /run may be writable for all, and then
// anybody could choose the ids that root drops to.
func trusted(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode()&0o022 != 0 {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}

func open(root, dir string) (*DB, error) {
	users, err := read(root, dir, "passwd")
	if err != nil {
		return nil, err
	}
	groups, err := read(root, dir, "group")
	if err != nil {
		return nil, err
	}
	return &DB{root: root, users: users, groups: groups}, nil
}

func read(root, dir, name string) (Table, error) {
	path := filepath.Join("/", root, dir, name)
	b, err := held.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read account file %q: %w", path, errors.Unwrap(err))
	}
	return ParseTable(b), nil
}

// Save replaces both files in /etc and removes those of /run/hermes. After an error each file is the old or the new
// one, never a part of it.
func (d *DB) Save() error {
	if err := d.store("etc"); err != nil {
		return err
	}
	if err := d.removeFallback(); err != nil {
		return err
	}
	d.fallback = false
	return nil
}

// removeFallback never follows a link: /run may be writable for all, and /run/hermes a link to /etc.
func (d *DB) removeFallback() error {
	root, err := held.Open(filepath.Join("/", d.root), held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing was written through it
	for _, name := range []string{"passwd", "group"} {
		if err := root.Remove(filepath.Join(fallbackDir, name)); err != nil && !errors.Is(err, held.ErrLink) {
			return err
		}
	}
	return nil
}

// SaveFallback writes both files to /run/hermes. It is for an /etc that cannot be written.
//
// contract: SETUP-09
func (d *DB) SaveFallback() error {
	dir := filepath.Join("/", d.root, fallbackDir)
	if err := d.makeFallbackDir(); err != nil {
		return fmt.Errorf("cannot create %q: %w", dir, err)
	}
	if err := d.store(fallbackDir); err != nil {
		return err
	}
	d.fallback = true
	return nil
}

func (d *DB) makeFallbackDir() error {
	root, err := held.Open(filepath.Join("/", d.root), held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing was written through it
	return root.MakeDirs(fallbackDir, 0o755)
}

func (d *DB) store(dir string) error {
	root, err := held.Open(filepath.Join("/", d.root), held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing was written through it
	files, err := root.Dir(dir)
	if err != nil {
		return fmt.Errorf("cannot replace account files: %w", err)
	}
	defer func() { _ = files.Close() }()
	// Groups first: an account must not name a group that does not exist yet.
	err = replace(files, "group", d.groups)
	if err == nil {
		err = replace(files, "passwd", d.users)
	}
	if err != nil {
		return fmt.Errorf("cannot replace account file %q: %w", filepath.Join("/", d.root, dir), err)
	}
	return nil
}

// replace writes a file. If its name is a link, the link is replaced.
func replace(dir *held.Dir, name string, t Table) error {
	return dir.WithLinks(held.FollowOwn).WriteFile(name, t.Bytes(), held.Write{Mode: 0o644, Durable: true})
}
