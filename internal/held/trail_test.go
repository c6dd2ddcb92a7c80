package held

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// stage is a directory in which root and user 1234 have made what a path may lead through.
func stage(t *testing.T) string {
	t.Helper()
	base := t.TempDir()
	must(t, os.Chmod(base, 0o755))
	for dir, how := range map[string]struct {
		mode fs.FileMode
		uid  int
	}{
		"srv/home":          {0o755, 1234}, // the usual home: its parents are root's
		"srv/home/profiles": {0o755, 1234},
		"srv/home/roots":    {0o755, 0},
		"tmp/roots":         {0o755, 0},
		"tmp/users":         {0o755, 1234},
		"open/roots":        {0o755, 0},
		"group/roots":       {0o755, 0},
		"mnt":               {0o755, 0},
		"users":             {0o755, 1234},
		"users/mounted":     {0o755, 1234},
	} {
		path := filepath.Join(base, dir)
		must(t, os.MkdirAll(path, 0o755), os.Chmod(path, how.mode), os.Chown(path, how.uid, how.uid))
	}
	must(
		t, os.Chown(filepath.Join(base, "srv/home"), 1234, 1234), os.Chmod(filepath.Join(base, "tmp"), 0o777|os.ModeSticky),
		os.Chmod(filepath.Join(base, "open"), 0o777), os.Chmod(filepath.Join(base, "group"), 0o775),
		os.Symlink("../srv", filepath.Join(base, "mnt/link")),
		os.Symlink("/srv", filepath.Join(base, "mnt/absolute")),
		os.Symlink("loop", filepath.Join(base, "mnt/loop")),
		os.Symlink("../users", filepath.Join(base, "mnt/users")),
		os.Symlink("../../../../..", filepath.Join(base, "mnt/up")),
		os.Symlink("/srv", filepath.Join(base, "users/link")),
		os.Symlink("/srv", filepath.Join(base, "tmp/link")),
		os.WriteFile(filepath.Join(base, "srv/file"), nil, 0o644),
	)
	return base
}

func TestAPathIsInRootsHandsOrIsRefused(t *testing.T) {
	clause.Proves(t, "ENV-14")
	needRoot(t)
	base := stage(t)
	bind(t, filepath.Join(base, "mnt"), filepath.Join(base, "users/mounted"))
	d := open(t, base, RefuseLinks)
	for name, test := range map[string]struct {
		err           error
		path, missing string
	}{
		"/":                       {nil, "/", ""},
		"/srv/home":               {nil, "/srv/home", ""},
		"srv/./home/":             {nil, "/srv/home", ""},
		"/srv/home/roots":         {ErrHands, "/srv/home/roots", ""}, // its parent is the user's
		"/srv/home/none":          {ErrHands, "/srv/home/none", ""},
		"/srv/none/below":         {nil, "/srv/none/below", "none/below"},
		"/mnt/link/home":          {nil, "/srv/home", ""},
		"/mnt/absolute/home":      {nil, "/srv/home", ""},
		"/mnt/absolute/none":      {nil, "/srv/none", "none"},
		"/mnt/up/srv/home":        {nil, "/srv/home", ""}, // nothing is above the top
		"/mnt/link/../srv/home":   {nil, "/srv/home", ""},
		"/mnt/users/mounted":      {nil, "/users/mounted", ""},
		"/mnt/users/mounted/none": {nil, "/users/mounted/none", "none"},
		"/mnt/loop":               {unix.ELOOP, "", ""},
		"/users/link/home":        {ErrHands, "", ""},
		"/users/none":             {ErrHands, "", ""},
		"/tmp/roots":              {nil, "/tmp/roots", ""},
		"/tmp/users":              {ErrHands, "", ""},
		"/tmp/none":               {ErrHands, "", ""},
		"/tmp/link/home":          {ErrHands, "", ""},
		"/open/roots":             {ErrHands, "", ""},
		"/group/roots":            {ErrHands, "", ""},
		"/srv/file":               {unix.ENOTDIR, "", ""},
		"/srv/file/below":         {unix.ENOTDIR, "", ""},
	} {
		before := descriptors(t)
		got, err := d.Trail(name)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: want error %v, got %v", name, test.err, err)
		}
		if err == nil {
			if got.Path != test.path || got.Missing != test.missing {
				t.Errorf("%s: got %q, missing %q", name, got.Path, got.Missing)
			}
			if mounted := got.Path == "/users/mounted" || got.Path == "/users/mounted/none"; got.Mounted != mounted {
				t.Errorf("%s: mounted is %t", name, got.Mounted)
			}
			must(t, got.Dir.Close())
		}
		if after := descriptors(t); after != before {
			t.Errorf("%s: %d descriptors before, %d after", name, before, after)
		}
	}
}

// A user turns a directory into a link and back while root goes along it.
func TestATrailIsNotLedAwayByARace(t *testing.T) {
	clause.Proves(t, "ENV-14")
	needRoot(t)
	base := stage(t)
	secret := filepath.Join(base, "srv/secret")
	must(t, os.Mkdir(secret, 0o700))
	dir, link := filepath.Join(base, "users/dir"), filepath.Join(base, "users/swap")
	must(t, os.Mkdir(dir, 0o755), os.Symlink("/srv", link), os.Chown(dir, 1234, 1234))
	against(t, func() { _ = unix.Renameat2(-1, dir, -1, link, unix.RENAME_EXCHANGE) })
	d := open(t, base, RefuseLinks)
	until(raceTime, func() {
		got, err := d.Trail("/users/dir/secret")
		if !errors.Is(err, ErrHands) {
			t.Fatalf("led to %q, %v", got.Path, err)
		}
	})
}

// What is in a directory of root's own is what root has put there, by whatever path one goes.
func TestADirectoryIsRootsOwnOrIsRefused(t *testing.T) {
	clause.Proves(t, "SVC-11", "ENV-02")
	needRoot(t)
	base := stage(t)
	must(t, os.Chmod(filepath.Dir(base), 0o755), os.Symlink("srv", filepath.Join(base, "link")), os.Symlink("srv/home", filepath.Join(base, "homes")))
	for name, want := range map[string]error{
		"srv": nil, "srv/../srv": nil, "link": nil, "mnt/link": nil, "tmp/roots": nil,
		"srv/home": ErrHands, "srv/home/roots": ErrHands, "homes": ErrHands, "tmp": ErrHands, "open": ErrHands, "group": ErrHands, "open/roots": ErrHands,
		"users/link": ErrHands, "tmp/link": ErrHands, "tmp/users": ErrHands, "gone": fs.ErrNotExist, "srv/gone/deeper": fs.ErrNotExist, "srv/file": unix.ENOTDIR,
	} {
		path, err := RootsOwn(filepath.Join(base, name))
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if resolved, _ := filepath.EvalSymlinks(filepath.Join(base, name)); err == nil && path != resolved {
			t.Errorf("%s leads to %s, want %s", name, path, resolved)
		}
	}
}
