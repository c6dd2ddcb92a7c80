package userfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/front/mounts"
	"caduceus/internal/identity"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// as looks with the rights of somebody who owns nothing here.
func as(t *testing.T, account identity.Account, look func() *Problem) (problem *Problem) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root for another user")
	}
	must(t, identity.As(account, func() { problem = look() }))
	return problem
}

func TestEachFileThatCannotBeUsedIsNamedWithItsFix(t *testing.T) {
	clause.Proves(t, "SETUP-42", "STATUS-04")
	hermes := identity.Account{Name: "hermes", UID: 10000, GID: 10001}
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755))
	file := func(name string, uid int, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte("secret"), mode), os.Chmod(path, mode), os.Chown(path, uid, uid))
		return path
	}
	folder, fifo := filepath.Join(dir, "folder"), filepath.Join(dir, "fifo")
	must(t, os.Mkdir(folder, 0o755), unix.Mkfifo(fifo, 0o644))
	own, roots, others, readable := file("own", 10000, 0o600), file("roots", 0, 0o600), file("others", 1000, 0o600), file("readable", 0, 0o644)
	at := func(point, source string) []mounts.Mount {
		return []mounts.Mount{{Point: point, Source: source, Kind: "ext4"}}
	}
	for name, c := range map[string]struct {
		path       string
		table      []mounts.Mount
		cause, fix string // parts; "": no problem
	}{
		"missing":                      {filepath.Join(dir, "missing"), nil, "", ""},
		"own":                          {own, nil, "", ""},
		"readable mount":               {readable, at(readable, "/home/me/f"), "", ""},
		"root's":                       {roots, nil, "hermes cannot read " + roots + ": permission denied (of uid 0, mode 600)", "belongs to user hermes, mode 600"},
		"mount of root's":              {roots, at(roots, "/home/me/my file"), "a mount of its own (of uid 0", "on the host: chown 10000:10001 '/home/me/my file' && chmod u+rw '/home/me/my file'"},
		"mount of another's":           {others, at(others, "/home/me/f"), "(of uid 1000, mode 600)", "or start the container with -e HERMES_UID=1000"},
		"a directory":                  {folder, nil, "is a directory, where a file belongs", "rmdir " + folder},
		"a directory the engine made":  {folder, at(folder, "/home/me/.env"), "the engine made it on the host", "rmdir /home/me/.env && touch /home/me/.env"},
		"a fifo":                       {fifo, nil, "not a regular file", "put a file"},
		"replaced on the host":         {own, at(own, "/home/me/.env//deleted"), "was replaced on the host (/home/me/.env)", "docker restart"},
		"a mount of another path":      {own, at(roots, "/home/me/.env//deleted"), "", ""},
		"several mounts, the last one": {own, append(at(own, "/a//deleted"), at(own, "/b")...), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := as(t, hermes, func() *Problem { return Look("", c.path, c.table, hermes) })
			switch {
			case c.cause == "" && got != nil:
				t.Errorf("%v", got)
			case c.cause != "" && (got == nil || !strings.Contains(got.Cause, c.cause) || !strings.Contains(got.Fix, c.fix)):
				t.Errorf("%v, want %q and %q", got, c.cause, c.fix)
			case got != nil && strings.Contains(got.String(), "secret"):
				t.Errorf("shows what is in the file: %v", got)
			}
		})
	}
}

func TestOnlyAMountThatTakesNoWriteIsAProblem(t *testing.T) {
	clause.Proves(t, "SETUP-43")
	hermes := identity.Account{Name: "hermes", UID: 10000, GID: 10000}
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755))
	path := filepath.Join(dir, "f")
	must(t, os.WriteFile(path, nil, 0o644))
	if got := as(t, hermes, func() *Problem { return Writable("", path, nil, hermes) }); got != nil {
		t.Errorf("a file that can be replaced: %v", got)
	}
	table := []mounts.Mount{{Point: path, Source: "/home/me/f"}}
	got := as(t, hermes, func() *Problem { return Writable("", path, table, hermes) })
	if got == nil || !strings.Contains(got.Cause, "cannot write") || !strings.Contains(got.Fix, "chown 10000:10000 /home/me/f") {
		t.Errorf("%v", got)
	}
	must(t, os.Chmod(path, 0o666))
	if got := as(t, hermes, func() *Problem { return Writable("", path, table, hermes) }); got != nil {
		t.Errorf("a mount that can be written: %v", got)
	}
	if err := unix.Mount(path, path, "", unix.MS_BIND, ""); err != nil {
		t.Skip("cannot mount here: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
	must(t, unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
	if got := as(t, hermes, func() *Problem { return Writable("", path, table, hermes) }); got == nil || !strings.Contains(got.Cause, "mounted read-only") {
		t.Errorf("%v", got)
	}
}
