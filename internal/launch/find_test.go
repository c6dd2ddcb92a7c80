package launch_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/launch"
)

// tree makes files below a new directory; a name that ends with "/" is a directory.
func tree(t *testing.T, files map[string]os.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	for name, mode := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if strings.HasSuffix(name, "/") {
			err = os.Mkdir(path, mode)
		} else {
			err = os.WriteFile(path, nil, mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAProgramIsFoundInTheDirectoriesOfPath(t *testing.T) {
	clause.Proves(t, "CMD-02", "CMD-04", "SUP-70")
	dir := tree(t, map[string]os.FileMode{
		"a/both": 0o755, "b/both": 0o755, "a/later": 0o644, "b/later": 0o755, "a/plain": 0o644, "a/dir/": 0o755,
		"a/fifo": 0, "here": 0o755, "relative/here": 0o755, "a/group": 0o654, "not-a-dir": 0o755,
	})
	t.Chdir(dir)
	for path, make := range map[string]func(string) error{
		"a/fifo":     func(p string) error { return errors.Join(os.Remove(p), syscall.Mkfifo(p, 0o777), os.Chmod(p, 0o777)) },
		"a/dangling": func(p string) error { return os.Symlink("nowhere", p) },
		"a/loop":     func(p string) error { return os.Symlink("loop", p) },
		"a/link":     func(p string) error { return os.Symlink("../b/both", p) },
	} {
		if err := make(path); err != nil {
			t.Fatal(err)
		}
	}
	path := strings.Join([]string{"", ".", "relative", "~", dir + "/missing", dir + "/not-a-dir", dir + "/a", dir + "/b/", dir + "/a"}, ":")
	for name, c := range map[string]struct {
		want string
		err  error
	}{
		"both":                    {want: dir + "/a/both"},
		"later":                   {want: dir + "/b/later"},
		"link":                    {want: dir + "/a/link"},
		"group":                   {want: dir + "/a/group"},
		"here":                    {err: syscall.ENOENT}, // neither "" nor "." nor "relative" is searched
		"plain":                   {err: syscall.EACCES},
		"dir":                     {err: syscall.EACCES},
		"fifo":                    {err: syscall.EACCES},
		"loop":                    {err: syscall.EACCES},
		"dangling":                {err: syscall.ENOENT},
		"nowhere":                 {err: syscall.ENOENT},
		"":                        {err: syscall.ENOENT},
		".":                       {err: syscall.EACCES},
		"..":                      {err: syscall.EACCES},
		"./nowhere":               {want: "./nowhere"},
		"/":                       {want: "/"},
		strings.Repeat("x", 5000): {err: syscall.EACCES},
	} {
		got, err := launch.Find(name, path)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%.20s: %q, %v; want %q, %v", name, got, err, c.want, c.err)
		}
	}
	if diff := cmp.Diff([]string{dir + "/a/both", dir + "/b/both"}, launch.FindAll("both", path)); diff != "" {
		t.Error(diff)
	}
	if got := launch.FindAll("", path); len(got) > 0 {
		t.Errorf("no name: %q", got)
	}
}

func TestAnEmptyPathIsThatOfTheSystem(t *testing.T) {
	clause.Proves(t, "SUP-70")
	if file, err := launch.Find("sh", ""); err != nil || !filepath.IsAbs(file) {
		t.Errorf("%q, %v", file, err)
	}
	if file, err := launch.Find("sh", ":"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("a PATH of nothing has %q, %v", file, err)
	}
}

func TestRootTakesDirectoriesThatOthersCanWriteLast(t *testing.T) {
	clause.Proves(t, "SUP-70")
	if os.Getuid() != 0 {
		t.Skip("needs root: directories of another user")
	}
	dir, err := os.MkdirTemp("/", "launch-test-") // the usual place can be written to by all
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	steps := []error{os.Chmod(dir, 0o755)}
	for _, name := range []string{"theirs", "theirs/roots", "shared", "own"} {
		steps = append(steps, os.Mkdir(filepath.Join(dir, name), 0o755), os.WriteFile(filepath.Join(dir, name, "x"), nil, 0o755))
	}
	steps = append(steps, os.Chown(dir+"/theirs", 10000, 10000), os.Chmod(dir+"/shared", 0o775), os.Symlink("own", dir+"/link"),
		os.Symlink("theirs", dir+"/leads"), // where it leads is what counts, and who could exchange it
		os.Symlink("own", dir+"/theirs-link"), os.Lchown(dir+"/theirs-link", 10000, 10000))
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	var path, want []string
	for _, name := range []string{"theirs", "theirs/roots", "shared", "leads", "theirs-link", "own", "link"} {
		path = append(path, filepath.Join(dir, name))
	}
	for _, name := range []string{"theirs-link", "own", "link", "theirs", "theirs/roots", "shared", "leads"} {
		want = append(want, filepath.Join(dir, name, "x"))
	}
	if diff := cmp.Diff(want, launch.FindAll("x", strings.Join(path, ":"))); diff != "" {
		t.Error(diff)
	}
}
