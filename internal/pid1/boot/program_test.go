package boot

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func write(t *testing.T, mode os.FileMode, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, mode); err != nil {
		t.Fatal(err)
	}
}

func TestLookPath(t *testing.T) {
	clause.Proves(t, "SUP-70")
	t.Parallel()
	dir := t.TempDir()
	write(t, 0o755, dir, "a", "both")
	write(t, 0o755, dir, "b", "both")
	write(t, 0o644, dir, "a", "later")
	write(t, 0o755, dir, "b", "later")
	write(t, 0o644, dir, "a", "plain")
	write(t, 0o755, dir, "a", "dir", "x")
	write(t, 0o755, dir, "here")
	path := dir + "/a:" + dir + "/missing::" + dir + "/b"
	for name, c := range map[string]struct {
		want string
		err  error
	}{
		"both":      {want: dir + "/a/both"},
		"later":     {want: dir + "/b/later"},
		"here":      {want: "./here"},
		"plain":     {err: syscall.EACCES},
		"dir":       {err: syscall.EACCES},
		"nowhere":   {err: syscall.ENOENT},
		"./nowhere": {want: "./nowhere"},
	} {
		got, err := lookPath(name, path, dir)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v; want %q, %v", name, got, err, c.want, c.err)
		}
	}
}

func TestHeaderlessScriptIsForTheShell(t *testing.T) {
	clause.Proves(t, "SUP-26")
	t.Parallel()
	got := alternative("/x/script", []string{"script", "a", "b"}, "/", syscall.ENOEXEC)
	if diff := cmp.Diff([]string{"/bin/sh", "/x/script", "a", "b"}, got); diff != "" {
		t.Error(diff)
	}
	if got := alternative("/x/script", []string{"script"}, "/", syscall.ENOENT); got != nil {
		t.Errorf("a missing file can be executed as %q", got)
	}
}
