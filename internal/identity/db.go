package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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

// Open reads the account files below root ("" is /): those of /run/hermes if SaveFallback has written accounts there,
// else those of /etc.
func Open(root string) (*DB, error) {
	if dir := openFallback(root); dir != nil {
		defer func() { _ = dir.Close() }() // nothing was written
		db, err := open(root, dir, fallbackDir)
		switch {
		case err == nil && len(db.users.Bytes()) > 0:
			db.fallback = true
			return db, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	dir, err := held.Open(filepath.Join("/", root, "etc"), held.FollowAll)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read account file %q: %w", filepath.Join("/", root, "etc/passwd"), fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }() // nothing was written
	return open(root, dir, "etc")
}

// openFallback returns the directory that SaveFallback has made, nil if there is none, or if others than root and the
// caller may have written there, or may exchange it: they could choose the ids that root drops to.
//
// contract: SETUP-09
func openFallback(root string) *held.Dir {
	t, err := trail(root)
	if err != nil {
		return nil
	}
	if t.Missing == "" && writableOnlyForUs(t.Dir) {
		return t.Dir
	}
	_ = t.Dir.Close()
	return nil
}

// trail goes to the directory, through no link.
func trail(root string) (held.Trail, error) {
	top, err := held.Open(filepath.Join("/", root), held.RefuseLinks)
	if err != nil {
		return held.Trail{}, err
	}
	defer func() { _ = top.Close() }() // nothing was written through it
	t, err := top.Trail(fallbackDir)
	if err == nil && t.Path != "/"+fallbackDir {
		_ = t.Dir.Close()
		err = fmt.Errorf("%w, which leads to %q", held.ErrLink, t.Path)
	}
	return t, err
}

func writableOnlyForUs(dir *held.Dir) bool {
	uid, _, shared, err := dir.Owner()
	return err == nil && !shared && (uid == 0 || int(uid) == os.Geteuid())
}

func open(root string, dir *held.Dir, name string) (*DB, error) {
	users, err := read(root, dir, name, "passwd")
	if err != nil {
		return nil, err
	}
	groups, err := read(root, dir, name, "group")
	if err != nil {
		return nil, err
	}
	return &DB{root: root, users: users, groups: groups}, nil
}

func read(root string, dir *held.Dir, parent, name string) (Table, error) {
	b, err := dir.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read account file %q: %w", filepath.Join("/", root, parent, name), errors.Unwrap(err))
	}
	return ParseTable(b), nil
}

// Save replaces both files in /etc and empties those of /run/hermes. After an error each file is the old or the new
// one, never a part of it.
func (d *DB) Save() error {
	if err := d.store("etc"); err != nil {
		return err
	}
	d.fallback = false
	dir := openFallback(d.root)
	if dir == nil { // one that is not root's is left alone: nobody reads the files in it
		return nil
	}
	defer func() { _ = dir.Close() }() // WriteFile has reported what fails
	return empty(dir)
}

// EmptyForPrograms makes the files of /run/hermes that are missing, without an account. Programs of the C library look there
// behind /etc, and some of them, s6-setuidgid among them, take a file that is not there for an error.
//
// contract: WHO-04
func (d *DB) EmptyForPrograms() error {
	if d.fallback {
		return nil
	}
	dir, err := d.makeFallback()
	if err != nil {
		return fmt.Errorf("cannot create %q: %w", filepath.Join("/", d.root, fallbackDir), err)
	}
	defer func() { _ = dir.Close() }() // WriteFile has reported what fails
	return empty(dir)
}

func empty(dir *held.Dir) error {
	var errs []error
	for _, name := range []string{"passwd", "group"} {
		if text, err := dir.ReadFile(name); err != nil || len(text) > 0 {
			errs = append(errs, put(dir, name, nil, held.Write{Mode: 0o644})) // each boot does it again: it need not outlast a crash
		}
	}
	return errors.Join(errs...)
}

// SaveFallback writes both files to /run/hermes. It is for an /etc that cannot be written.
//
// contract: SETUP-09
func (d *DB) SaveFallback() error {
	dir, err := d.makeFallback()
	if err != nil {
		return fmt.Errorf("cannot create %q: %w", filepath.Join("/", d.root, fallbackDir), err)
	}
	defer func() { _ = dir.Close() }() // WriteFile has reported what fails
	if err := d.storeIn(dir); err != nil {
		return err
	}
	d.fallback = true
	return nil
}

// makeFallback makes the directory where only root can exchange it. One that is there already must be root's.
func (d *DB) makeFallback() (*held.Dir, error) {
	t, err := trail(d.root)
	if err != nil {
		return nil, err
	}
	dir := t.Dir
	if t.Missing != "" {
		defer func() { _ = t.Dir.Close() }()
		if err := t.Dir.MakeDirs(t.Missing, 0o755); err != nil {
			return nil, err
		}
		if dir, err = t.Dir.Dir(t.Missing); err != nil {
			return nil, err
		}
	}
	if !writableOnlyForUs(dir) {
		_ = dir.Close()
		return nil, errors.New("it is there already, and others may write to it")
	}
	return dir, nil
}

// SaveForPrograms writes both files to /run/hermes for programs of the C library alone, which find them there behind those
// of /etc (libnss-cache). It is for a caller who is not root, in a /run that others may write to: nobody drops to what the
// files say, and Open does not read them there.
//
// contract: WHO-04
func (d *DB) SaveForPrograms() error {
	root, err := held.Open(filepath.Join("/", d.root), held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // nothing was written through it
	if _, err := root.MakeDir(fallbackDir, 0o755); err != nil {
		return err
	}
	dir, err := root.Dir(fallbackDir)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return d.storeIn(dir)
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
	return d.storeIn(files)
}

func (d *DB) storeIn(files *held.Dir) error {
	// Groups first: an account must not name a group that does not exist yet.
	err := replace(files, "group", d.groups)
	if err == nil {
		err = replace(files, "passwd", d.users)
	}
	if err != nil {
		return fmt.Errorf("cannot replace account file %q: %w", files.Name(), err)
	}
	return nil
}

// replace writes a file that outlasts a crash.
func replace(dir *held.Dir, name string, t Table) error {
	return put(dir, name, t.Bytes(), held.Write{Mode: 0o644, Durable: true})
}

// put writes a file. If its name is a link, the link is replaced.
func put(dir *held.Dir, name string, content []byte, how held.Write) error {
	return dir.WithLinks(held.FollowOwn).WriteFile(name, content, how)
}
