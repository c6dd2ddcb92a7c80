package maincmd

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestWhatTheWordsOfCMDRun(t *testing.T) {
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
	for line, want := range map[string]Program{
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
		got := Choose(words, func(name string) []string { return installed[name] }, yields, missing)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	}
	if got := Choose([]string{""}, func(string) []string { return nil }, nil, missing); got.Path != "" || got.Code != 0 {
		t.Errorf("want an empty word to be the agent's, got %+v", got)
	}
}
