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

// overlayDir holds passwd and group where /etc cannot be written.
const overlayDir = "run/hermes"

// DB is the pair of account files, held in memory. Edits change only the memory until Save or
// SaveDetached.
type DB struct {
	root          string
	users, groups Table
	detached      bool
}

// Open reads the account files below root ("" is the real root): those of /run/hermes if a boot
// had to keep them there, else those of /etc.
func Open(root string) (*DB, error) {
	if trusted(filepath.Join("/", root, overlayDir)) {
		db, err := open(root, overlayDir)
		if err == nil {
			db.detached = true
			return db, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return open(root, "etc")
}

// trusted says whether only root, or whoever asks, can have written below dir: /run may be writable
// for all, and a file there must not decide what root drops to.
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

// Save stores both files in /etc, each by rename, and drops those that an earlier boot kept in
// /run/hermes. An error means that /etc may hold the old or the new version of a file, never a part
// of one.
func (d *DB) Save() error {
	if err := d.store("etc"); err != nil {
		return err
	}
	for _, name := range []string{"passwd", "group"} {
		path := filepath.Join("/", d.root, overlayDir, name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot remove account file %q: %w", path, errors.Unwrap(err))
		}
	}
	d.detached = false
	return nil
}

// SaveDetached stores both files in /run/hermes, for an /etc that cannot be written.
//
// contract: SETUP-09
func (d *DB) SaveDetached() error {
	dir := filepath.Join("/", d.root, overlayDir)
	if err := d.makeOverlay(); err != nil {
		return fmt.Errorf("cannot create %q: %w", dir, err)
	}
	if err := d.store(overlayDir); err != nil {
		return err
	}
	d.detached = true
	return nil
}

func (d *DB) makeOverlay() error {
	root, err := held.Open(filepath.Join("/", d.root), held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing was written through it
	return root.MakeDirs(overlayDir, 0o755)
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

// replace swaps a file's content; a link in its place is replaced itself.
func replace(dir *held.Dir, name string, t Table) error {
	return dir.WithLinks(held.FollowOwn).WriteFile(name, t.Bytes(), held.Write{Mode: 0o644, Durable: true})
}
