package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestChooseProgram(t *testing.T) {
	clause.Proves(t, "CMD-01", "CMD-02", "CMD-03", "CMD-04", "CMD-08")
	installed := map[string][]string{
		"bash":   {"/usr/bin/bash"},
		"hermes": {"/opt/hermes/bin/hermes", "/opt/hermes/.venv/bin/hermes"},
		"mcp":    {"/opt/hermes/.venv/bin/mcp"},
		"login":  {"/usr/bin/login", "/usr/local/bin/login"},
	}
	yields := []string{"/opt/hermes/.venv/bin/mcp", "/usr/bin/login"}
	stat := func(path string) error {
		return map[string]error{"/bin/true": nil, "./here": nil, "/etc/passwd": fs.ErrPermission, "/root/x": fs.ErrPermission}[path]
	}
	missing := func(path string) error {
		if path == "/no/such" {
			return fs.ErrNotExist
		}
		return stat(path)
	}
	for line, want := range map[string]program{
		"":                   {},
		"bash -c id":         {Path: "/usr/bin/bash", Argv: []string{"bash", "-c", "id"}},
		"/bin/true x":        {Path: "/bin/true", Argv: []string{"/bin/true", "x"}},
		"./here":             {Path: "./here", Argv: []string{"./here"}},
		"/no/such":           {Path: "/no/such", Code: 127},
		"/etc/passwd":        {Path: "/etc/passwd", Code: 126},
		"chat -q x":          {Argv: []string{"chat", "-q", "x"}},
		"--tui":              {Argv: []string{"--tui"}},
		"-p x gateway run":   {Argv: []string{"-p", "x", "gateway", "run"}},
		"hermes gateway run": {Path: "/opt/hermes/bin/hermes", Argv: []string{"hermes", "gateway", "run"}},
		"mcp --help":         {Argv: []string{"mcp", "--help"}},
		"login":              {Path: "/usr/local/bin/login", Argv: []string{"login"}},
	} {
		words := strings.Fields(line)
		if line == "" {
			words = nil
		}
		got := chooseProgram(words, func(name string) []string { return installed[name] }, yields, missing)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	}
	if got := chooseProgram([]string{""}, func(string) []string { return nil }, nil, missing); got.Path != "" || got.Code != 0 {
		t.Errorf("an empty word: %+v", got)
	}
}

func TestFindPrograms(t *testing.T) {
	clause.Proves(t, "CMD-02", "CMD-04")
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"a/x": 0o755, "b/x": 0o644, "c/x": 0o755} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "d/x"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := strings.Join([]string{"", ".", "relative", dir + "/none", dir + "/b", dir + "/d", dir + "/c", dir + "/a", dir + "/c"}, ":")
	if diff := cmp.Diff([]string{dir + "/c/x", dir + "/a/x"}, findPrograms(path, "x")); diff != "" {
		t.Error(diff)
	}
	if got := findPrograms(path, ""); got != nil {
		t.Errorf("no name: %q", got)
	}
}

func TestMainPath(t *testing.T) {
	clause.Proves(t, "ENV-04", "ENV-07")
	const system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for path, want := range map[string]string{
		"/command:/usr/bin": "/command:/opt/hermes/bin:/opt/hermes/.venv/bin:/usr/bin",
		"/usr/bin:/bin":     "/opt/hermes/bin:/opt/hermes/.venv/bin:/usr/bin:/bin",
		"/x:/opt/hermes/.venv/bin:/opt/hermes/bin:/y": "/opt/hermes/bin:/opt/hermes/.venv/bin:/x:/y",
		"": "/opt/hermes/bin:/opt/hermes/.venv/bin:" + system,
	} {
		if got := mainPath(path); got != want {
			t.Errorf("mainPath(%q) = %q, want %q", path, got, want)
		}
	}
}
