package pipeline

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"caduceus/image"
	"caduceus/internal/build/base"
	"caduceus/internal/engine"
	"caduceus/internal/host"

	"github.com/google/go-cmp/cmp"
)

// fakeEngine speaks as much of the Engine API as a build needs, and notes the tags.
type fakeEngine struct {
	mu   sync.Mutex
	tags []string
}

func (f *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Api-Version", "1.41")
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "/info"):
		fmt.Fprint(w, `{"ServerVersion":"20.10.24","DockerRootDir":"/nonexistent"}`)
	case strings.HasSuffix(r.URL.Path, "/tag"):
		f.mu.Lock()
		f.tags = append(f.tags, path.Base(r.URL.Query().Get("repo"))+":"+r.URL.Query().Get("tag"))
		f.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
	case strings.HasSuffix(r.URL.Path, "/history"):
		fmt.Fprint(w, `[{"CreatedBy":"COPY big","Size":900000000},{"CreatedBy":"base","Size":100000000}]`)
	case strings.HasSuffix(r.URL.Path, "/images/json"):
		fmt.Fprint(w, `[]`)
	case strings.Contains(r.URL.Path, "/hermes-agent:") && !f.tagged(r.URL.Path):
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"no such image"}`)
	case strings.Contains(r.URL.Path, "/foreign:"):
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"no such image"}`)
	case strings.HasSuffix(r.URL.Path, "-slim/json"):
		fmt.Fprint(w, `{"Id":"sha256:built","Size":1000000000,"Config":{"Labels":{"caduceus.variant":"slim"}}}`)
	case strings.HasSuffix(r.URL.Path, "/json"):
		fmt.Fprint(w, `{"Id":"sha256:built","Size":1000000000}`)
	}
}

func (f *fakeEngine) tagged(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.tags, func(tag string) bool { return strings.Contains(path, tag+"/") })
}

func connect(t *testing.T, f *fakeEngine) *engine.Engine {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	e, err := engine.Connect(t.Context(), engine.Endpoint{Host: "tcp://" + s.Listener.Addr().String(), Source: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// docker answers as the client does: a log, and the image's id in its file.
func docker(t *testing.T, log string, result error) *host.Fake {
	t.Helper()
	return &host.Fake{Answer: func(c host.Cmd) (string, error) {
		switch c.Args[0] {
		case "run":
			return "git\t50000\n", nil
		case "build":
			for i, a := range c.Args {
				if a == "--iidfile" && result == nil {
					if err := os.WriteFile(c.Args[i+1], []byte("sha256:built"), 0o644); err != nil {
						t.Error(err)
					}
				}
			}
		}
		return log, result
	}}
}

// A half-built image is never tagged.
func TestOnlyAWholeImageWithinItsBudgetIsTagged(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile("testdata/build/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, c := range map[string]struct {
		limit  int64
		log    string
		result error
		tags   []string
		err    string
	}{
		"a good build":       {1_000_000_000, read("ok.txt"), nil, []string{"hermes-agent:dev"}, ""},
		"a build that broke": {1_000_000_000, read("bad.txt"), errors.New("exit status 1"), nil, "last words (exit code 3); read .cache/build-full.log"},
		"one over budget":    {500_000_000, read("ok.txt"), nil, nil, "package git: new, 51 MB"},
		"one without budget": {0, read("ok.txt"), nil, nil, "image/budget.json has no such variant"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeEngine{}
			e := connect(t, f)
			var out strings.Builder
			p := &Pipeline{Root: t.TempDir(), Out: &out, Getenv: func(string) string { return "" }, Run: docker(t, c.log, c.result)}
			rec := recipe{base: base.Choice{Ref: "b"}}
			if c.limit > 0 {
				rec.spec.Budgets = map[string]image.Budget{"full": {LimitBytes: c.limit}}
			}
			got, err := p.image(t.Context(), e, engine.Client{Path: "docker"}, rec, Full)
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("want %q, got %v", c.err, err)
			}
			if err == nil && (got.ID != "sha256:built" || got.layers != 2) {
				t.Errorf("want image sha256:built of 2 layers, got %+v", got)
			}
			if diff := cmp.Diff(c.tags, f.tags); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnotherAgentIsCopiedIntoTheContext(t *testing.T) {
	p := &Pipeline{Root: t.TempDir()}
	given := t.TempDir() + "/my-agent"
	if err := os.MkdirAll(given+"/sub", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(given+"/sub/pyproject.toml", []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"":                            "",
		given:                         "dist/agent/my-agent",
		given + "/":                   "dist/agent/my-agent",
		given + "/sub/pyproject.toml": "dist/agent/pyproject.toml",
	} {
		got, err := p.agentSourcePath(in)
		if err != nil || got != want {
			t.Errorf("agentSourcePath(%q): want %q, got %q, %v", in, want, got, err)
		}
		if got == "" {
			continue
		}
		if _, err := os.Stat(p.Root + "/" + got); err != nil {
			t.Error(err)
		}
	}
	if _, err := p.agentSourcePath("/nonexistent"); err == nil {
		t.Error("an agent source that is not there was taken")
	}
}

func TestTheDockerfileGetsItsArguments(t *testing.T) {
	env := map[string]string{"VERSION": "1.2", "SOURCE_DATE_EPOCH": "86400"}
	git := &host.Fake{Answer: func(c host.Cmd) (string, error) {
		if slices.Contains(c.Args, "--show-prefix") {
			return "\n", nil
		}
		return "abc\n", nil
	}}
	p := &Pipeline{Root: t.TempDir(), Getenv: func(k string) string { return env[k] }, Run: git}
	spec := image.Spec{Browser: "debian", Playwright: "1.65.1", Agent: image.Agent{Name: "hermes-agent", Version: "0.19.0"}}
	r, err := p.recipe(t.Context(), spec, base.Choice{Ref: "b:1"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"AGENT_VERSION=0.19.0", "BASE_IMAGE=b:1", "BINARIES=prebuilt", "BROWSER_SOURCE=debian", "REVISION=abc", "SOURCE_DATE_EPOCH=86400", "VERSION=1.2"}
	if _, err := os.Stat(certificates); err == nil {
		want = slices.Insert(want, 4, "CA=dist/ca.crt")
	}
	if diff := cmp.Diff(want, r.args()); diff != "" {
		t.Error(diff)
	}
	if r.agent() != "hermes-agent 0.19.0, pinned source distribution" {
		t.Errorf("agent: %q", r.agent())
	}
	env["SOURCE_DATE_EPOCH"] = "yesterday"
	if _, err := p.recipe(t.Context(), spec, base.Choice{}); err == nil {
		t.Error("an epoch that is no number was taken")
	}
	env["SOURCE_DATE_EPOCH"], env["BROWSER_SOURCE"] = "", "elsewhere"
	git.Answer = func(host.Cmd) (string, error) { return "", errors.New("not a repository") }
	if _, err := p.recipe(t.Context(), spec, base.Choice{}); err == nil {
		t.Error("a browser source that does not exist was taken")
	}
	env["BROWSER_SOURCE"] = "playwright"
	r, err = p.recipe(t.Context(), spec, base.Choice{})
	if err != nil || !r.options.Epoch.IsZero() || r.browser() != "Chromium headless shell, Playwright's own download" {
		t.Errorf("a tree without git: %+v, %v", r.options, err)
	}
}
