//go:build docker

package recipes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caduceus/internal/repo/pages"
)

// root is the repository.
const root = "../../.."

// commandList says which commands do not run with their page, and which pages are no sequence.
func commandList(t *testing.T) pages.List {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "tests/readme-commands.txt"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := pages.ParseList(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Each page is followed from its top to its end in one shell, in a home of its own. The commands that
// tests/readme-commands.txt names need a terminal or more than one file, and have a test each.
func TestCommandsOfTheDocumentsWork(t *testing.T) {
	t.Parallel()
	docker.OnceForBoth(t, "pages speak of full")
	list, walked := commandList(t), 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		if err != nil || d.IsDir() || !pages.Followed(name) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		page := pages.Read(string(text))
		if !runsHere(page, list) {
			return nil
		}
		walked++
		t.Run(name, func(t *testing.T) {
			_, apart := list.Apart[name]
			w := walk{u: newUser(t), list: list, apart: apart, limit: 2 * time.Minute}
			for _, f := range w.followed(page) {
				t.Error(f.Against(name))
			}
		})
		return nil
	})
	if err != nil || walked == 0 {
		t.Errorf("want pages, got %v", err)
	}
}

// runsHere reports whether a page has commands that nothing else proves.
func runsHere(page pages.Page, list pages.List) bool {
	for _, s := range page.Commands() {
		if _, elsewhere := list.Of(s.Text); !elsewhere {
			return true
		}
	}
	return false
}

// The README of the first landing, on which each line worked alone.
func TestAPageThatFailsInOrderIsNamed(t *testing.T) {
	docker.OnceForBoth(t, "pages speak of full")
	u := newUser(t)
	text, err := os.ReadFile("testdata/README.first.md")
	if err != nil {
		t.Fatal(err)
	}
	page := pages.Read(string(text))
	w := walk{u: u, limit: 20 * time.Second}
	var found strings.Builder
	for _, f := range append(page.Findings(), w.followed(page)...) {
		found.WriteString(f.Against("README.md") + "\n")
	}
	for what, want := range map[string]string{
		"a port at which nothing listens": "README.md:8: publishes port 8642/tcp of hermes, and nothing answers",
		"a name that is taken":            "README.md:19: \"docker run -d --name hermes -v ~/.hermes:/opt/data -e HERMES_DASHBOARD=1",
		"its cause":                       "Conflict",
		"a dashboard that nobody sees":    "README.md:19: starts a dashboard",
		"ids that last one run":           "README.md:8: lacks HERMES_UID",
		"an output that is another":       "README.md:13: the output has no \"gateway-default is down\"",
	} {
		if !strings.Contains(found.String(), want) {
			t.Errorf("%s: want %q, got:\n%s", what, want, &found)
		}
	}
}
