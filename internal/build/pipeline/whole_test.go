package pipeline

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/host"

	"github.com/google/go-cmp/cmp"
)

// repository is a pipeline over this repository's own image data, with a fake engine
// and fake programs: everything that Build and the test targets do but their effects.
func repository(t *testing.T, f *fakeEngine, run *host.Fake, env map[string]string) (*Pipeline, *strings.Builder) {
	t.Helper()
	root := specifiedRoot(t)
	for _, name := range []string{"image", "Dockerfile"} {
		from, err := filepath.Abs(filepath.Join("..", "..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(from, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	env["DOCKER_HOST"] = "tcp://" + s.Listener.Addr().String()
	if run.Paths == nil {
		run.Paths = map[string]string{"/usr/bin/docker": "", "gcc": "", "python3": "", "ps": "", "strace": "", "s6-svstat": "", "docker-registry": "", "curl": "", "openssl": ""}
	}
	var out strings.Builder
	return &Pipeline{Root: root, Out: &out, Getenv: func(k string) string { return env[k] }, Run: run, Facts: host.Facts{Arch: "amd64"}}, &out
}

// tools answers for the programs of a build; docker builds what log says.
func tools(t *testing.T, log string) *host.Fake {
	t.Helper()
	build := docker(t, log, nil)
	return &host.Fake{Answer: func(c host.Cmd) (string, error) {
		switch {
		case c.Path == "git" || c.Path == "go" && c.Args[0] == "build":
			return "", nil
		case c.Path == "go":
			return `{"Action":"pass","Package":"caduceus/a","Test":"TestX"}` + "\n", nil
		case c.Args[0] == "--version":
			return "Docker version 20.10.24+dfsg1, build 297e128\n", nil
		case c.Args[0] == "buildx":
			return "", errors.New("no such command")
		default:
			return build.Answer(c)
		}
	}}
}

func TestBuildSaysWhatItUsedAndWhatCameOut(t *testing.T) {
	f, run := &fakeEngine{}, tools(t, "#1 [full 1/2] FROM b\n#1 CACHED\n")
	p, out := repository(t, f, run, map[string]string{"BASE_IMAGE": "my-base:1"})
	if err := p.Build(t.Context(), Full, Slim); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"hermes-agent:dev", "hermes-agent:dev-slim"}, f.tags); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{
		"engine: Docker 20.10.24, API 1.41", "client: /usr/bin/docker 20.10.24+dfsg1 (it brings its own BuildKit builder)",
		"base: my-base:1 (named in BASE_IMAGE)", "agent: hermes-agent ", "browser: Chromium headless shell of Debian",
		"1 steps from the cache", "image     hermes-agent:dev\n  size    1.00 GB (1000000000 bytes, 2 layers)\n  digest  sha256:built\n", "  total ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the screen does not say %q:\n%s", want, out)
		}
	}
	if last := "image     hermes-agent:dev-slim\n  size    1.00 GB (1000000000 bytes, 2 layers)\n  digest  sha256:built\n"; !strings.HasSuffix(out.String(), last) {
		t.Errorf("the screen does not end with %q:\n%s", last, out)
	}
	if !run.Did("CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath") {
		t.Errorf("binaries are not static: %q", run.Ran)
	}
}

func TestDockerTestsBuildTheirImageWhereItIsMissing(t *testing.T) {
	f, run := &fakeEngine{}, tools(t, "")
	p, out := repository(t, f, run, map[string]string{"BASE_IMAGE": "my-base:1"})
	if err := p.TestDocker(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(f.tags) != 2 || !strings.HasSuffix(out.String(), "1 passed, 0 failed, 0 skipped\npublish: not ready, the tree is not that of a revision\n") {
		t.Errorf("tags %q, screen:\n%s", f.tags, out)
	}
	test := run.Ran[slices.IndexFunc(run.Ran, func(c string) bool { return strings.Contains(c, "go test") })]
	for _, want := range []string{"HERMES_TEST_IMAGE=hermes-agent:dev ", "TESTCONTAINERS_RYUK_DISABLED=true ", "DOCKER_HOST=tcp://", "-tags=docker"} {
		if !strings.Contains(test, want) {
			t.Errorf("%q is not in %s", want, test)
		}
	}
}

// What slim proves is kept beside what full does: a suite of one must not wipe out the other's.
func TestResultsOfBothVariantsAreKept(t *testing.T) {
	f := &fakeEngine{tags: []string{Full.Tag(), Slim.Tag()}}
	env := map[string]string{}
	p, out := repository(t, f, tools(t, ""), env)
	for _, v := range []Variant{Full, Slim} {
		env["HERMES_TEST_IMAGE"] = v.Tag()
		if err := p.TestDocker(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for _, name := range []string{"docker.xml", "docker.clauses", "docker-slim.xml", "docker-slim.clauses"} {
		if _, err := os.Stat(filepath.Join(p.Root, resultsDir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestDockerTestsOfAnImageThatIsNotThere(t *testing.T) {
	p, _ := repository(t, &fakeEngine{}, tools(t, ""), map[string]string{"HERMES_TEST_IMAGE": "foreign:1"})
	err := p.TestDocker(t.Context())
	want := `cannot test image "foreign:1": the engine has no such image; build or pull it, or leave HERMES_TEST_IMAGE unset to test hermes-agent:dev`
	if err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
}

func TestAllSuitesAreSummedUp(t *testing.T) {
	f := &fakeEngine{tags: []string{"hermes-agent:dev"}}
	p, out := repository(t, f, tools(t, ""), map[string]string{})
	err := p.TestAll(t.Context()) // the tests of mutants are of none here
	if err == nil || err.Error() != "no mutant ran: a run of nothing proves nothing; RUN=TestImages picks those of the image" {
		t.Error(err)
	}
	if !strings.HasSuffix(out.String(), "\n4 passed, 0 failed, 0 skipped\n") {
		t.Errorf("got\n%s", out)
	}
}

func TestABaseIsMadeAlone(t *testing.T) {
	p, out := repository(t, &fakeEngine{}, tools(t, ""), map[string]string{"BASE_IMAGE": "my-base:1"})
	if err := p.Base(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "base: my-base:1") {
		t.Errorf("got\n%s", out)
	}
}

// sources is a tree with one script in each folder that lint looks into, and a workflow.
func sources(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	put(t, filepath.Join(root, "zizmor.lock"), "zizmor==1.0\n")
	for _, name := range []string{"rootfs/etc/x", "image/build/y", "ci/gate.sh", ".ci/run", ".github/workflows/w.yml"} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("#!/bin/sh\n(\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestLintNamesAllThatFailed(t *testing.T) {
	run := &host.Fake{Answer: func(c host.Cmd) (string, error) {
		switch {
		case c.Args[0] == "env":
			return "/goroot\n", nil
		case c.Path == "/goroot/bin/gofmt":
			return "a.go\nb.go\n", nil
		case c.Args[0] == "vet":
			return "a.go:1: wrong", errors.New("exit status 1")
		case c.Path == "sh":
			return "x: syntax error", errors.New("exit status 2")
		}
		return "", nil
	}}
	var out strings.Builder
	p := &Pipeline{Root: sources(t), Out: &out, Run: run}
	err := p.Lint(t.Context(), Tools{GolangciLint: "lint@v1", Actionlint: "action@v1", Zizmor: "zizmor.lock"})
	if want := "cannot accept the source: gofmt, go vet, scripts; fix what is listed above"; err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
	for _, want := range []string{"not formatted: a.go b.go", "a.go:1: wrong", "x: syntax error"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the screen does not say %q:\n%s", want, &out)
		}
	}
	for _, want := range []string{"go run lint@v1 version", "go run lint@v1 run --allow-serial-runners ./...", "go run action@v1 ", filepath.Join(p.Root, ".cache/zizmor/bin/zizmor") + " --offline"} {
		if !run.Did(want) {
			t.Errorf("did not run %q, but %q", want, run.Ran)
		}
	}
}

// A check that finds nothing to look at proves nothing.
func TestLintWantsSomethingToCheck(t *testing.T) {
	for gone, want := range map[string]string{
		".ci/run":           `cannot check scripts: there is none under ".ci"`,
		"rootfs":            "cannot check scripts: lstat ",
		".github/workflows": "cannot check workflows: there is none",
	} {
		t.Run(gone, func(t *testing.T) {
			var out strings.Builder
			p := &Pipeline{Root: sources(t), Out: &out, Run: &host.Fake{}}
			if err := os.RemoveAll(filepath.Join(p.Root, gone)); err != nil {
				t.Fatal(err)
			}
			if err := p.Lint(t.Context(), Tools{}); err == nil || !strings.Contains(out.String(), want) {
				t.Errorf("error %v, want one and %q in\n%s", err, want, &out)
			}
		})
	}
}

func TestCleanRemovesOnlyWhatBuildsMade(t *testing.T) {
	p := &Pipeline{Root: t.TempDir()}
	for _, dir := range []string{"dist/linux-amd64", ".cache", "internal"} {
		if err := os.MkdirAll(filepath.Join(p.Root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Clean(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(p.Root)
	if err != nil || len(left) != 1 || left[0].Name() != "internal" {
		t.Errorf("left: %v, %v", left, err)
	}
}
