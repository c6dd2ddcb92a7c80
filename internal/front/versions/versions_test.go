package versions

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

// image makes an image of some files.
func image(t *testing.T, files map[string]string) Of {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return Of(root)
}

const python = `#!/bin/sh
[ -z "$LD_PRELOAD$LD_LIBRARY_PATH$PYTHONPATH" ] || exit 9
case $* in
"-I -S -c import platform"*) echo 3.13.5 ;;
"-I -S -c import sqlite3"*) echo 3.54.1 ;;
esac
`

func TestEachPartIsAskedWithoutTheContainersEnvironment(t *testing.T) {
	clause.Proves(t, "BELOW-03")
	for _, name := range []string{"LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH"} {
		t.Setenv(name, "/opt/data")
	}
	root := image(t, map[string]string{
		"etc/debian_version":          "13.8\n",
		"opt/hermes/.venv/bin/python": python,
		"usr/local/bin/node":          "#!/bin/sh\necho v24.19.0\n",
		"opt/hermes/.venv/lib/python3.13/site-packages/hermes_agent-0.19.0.dist-info/RECORD": "",
	})
	want := []Part{
		{Name: "hermes-agent", Version: "0.19.0"},
		{Name: "Debian", Version: "13.8"},
		{Name: "Python", Version: "3.13.5"},
		{Name: SQLite, Version: "3.54.1"},
		{Name: "Node", Version: "24.19.0"},
	}
	if diff := cmp.Diff(want, root.Parts(t.Context())); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

func TestAPartThatCannotBeAskedSaysWhy(t *testing.T) {
	root := image(t, map[string]string{
		"opt/hermes/.venv/bin/python": "#!/bin/sh\necho Traceback >&2\necho 'ImportError: libsqlite3.so.0' >&2\nexit 1\n",
		"usr/local/bin/node":          "#!/bin/sh\n",
	})
	got := map[string]string{}
	for _, p := range root.Parts(t.Context()) {
		if p.Version != "" {
			t.Errorf("%s has version %q", p.Name, p.Version)
		}
		got[p.Name] = p.Problem
	}
	want := map[string]string{
		"hermes-agent": "want one agent in /opt/hermes/.venv, got 0",
		"Debian":       "open " + string(root) + "/etc/debian_version: no such file or directory",
		"Python":       "python ends with exit status 1: ImportError: libsqlite3.so.0",
		SQLite:         "python ends with exit status 1: ImportError: libsqlite3.so.0",
		"Node":         "it has no answer",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestReleasesBeforeTheMendedOneLoseData(t *testing.T) {
	clause.Proves(t, "BELOW-01")
	for release, want := range map[string]bool{
		"3.46.1": true, "3.51.2": true, "3.51": true, "2.8.17": true,
		"3.51.3": false, "3.51.10": false, "3.54.1": false, "4.0.0": false,
		"": false, "3.x": false,
	} {
		if got := LosesData(release); got != want {
			t.Errorf("LosesData(%q) = %v", release, got)
		}
	}
}
