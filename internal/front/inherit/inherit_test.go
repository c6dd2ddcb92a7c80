package inherit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/env"
	"caduceus/internal/front/profile"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// container makes a container with profiles coder and bare whose own profile is own, and returns its root and home.
func container(t *testing.T, own string) (string, profile.Home) {
	t.Helper()
	root := t.TempDir()
	home := profile.Home(filepath.Join(root, "data"))
	write(t, filepath.Join(root, List), "# ports\nPORT\nTOKEN  OTHER\n")
	for name, value := range map[string]string{"PORT": "1", "TOKEN": "secret", "KEY": "secret", "OTHER": ""} {
		write(t, filepath.Join(root, env.Dir, name), value+"\n")
	}
	write(t, home.Dir("coder")+"/.env", "TOKEN=own\nOTHER\n")
	write(t, home.Dir("bare")+"/SOUL.md", "x")
	write(t, filepath.Join(root, Record), "")
	if own != "" {
		if err := Remember(root, home, own); err != nil {
			t.Fatal(err)
		}
	}
	return root, home
}

func TestWhatAProfileDoesNotInherit(t *testing.T) {
	clause.Proves(t, "INH-01", "INH-02", "INH-03")
	for _, c := range []struct {
		own, profile string
		want         []string
	}{
		{"default", "default", nil},
		{"default", "coder", []string{"PORT"}},
		{"default", "bare", []string{"PORT", "TOKEN"}},
		{"default", "none", []string{"PORT", "TOKEN"}},
		{"coder", "coder", nil},
		{"coder", "default", []string{"PORT", "TOKEN"}},
		{"", "coder", nil},
	} {
		root, home := container(t, c.own)
		of := Open(root, home)
		if diff := cmp.Diff(c.want, of.Withheld(c.profile)); diff != "" {
			t.Errorf("%s in a container of %q: %s", c.profile, c.own, diff)
		}
		cause := of.Cause(c.profile)
		if (cause == "") != (c.want == nil) || strings.Contains(cause, "secret") || c.want != nil && !strings.HasSuffix(cause, "that of profile "+c.own) {
			t.Errorf("%s in a container of %q: %q", c.profile, c.own, cause)
		}
	}
}

func TestTheAgentOfAnotherProfileIsStartedWithoutThem(t *testing.T) {
	clause.Proves(t, "INH-02")
	root, home := container(t, "default")
	of := Open(root, home)
	environ := env.Environ{"PORT=1", "TOKEN=command", "KEY=secret", "PATH=/bin"}
	if diff := cmp.Diff(environ, of.Strip("default", environ)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(env.Environ{"TOKEN=command", "KEY=secret", "PATH=/bin"}, of.Strip("coder", environ)); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutFilesNothingIsKnown(t *testing.T) {
	of := Open(t.TempDir(), "/opt/data")
	if got := of.Withheld("coder"); got != nil {
		t.Error(got)
	}
	if err := Remember(t.TempDir(), "/opt/data", "coder"); !os.IsNotExist(err) {
		t.Error(err)
	}
}
