//go:build docker

package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/tests/docker/checks"
	"caduceus/tests/docker/harness"
)

// mutant is the image under test with one thing broken on purpose. A check
// that cannot see it would see nothing.
type mutant struct {
	name       string
	dockerfile string // after FROM the image under test
	edits      []edit // of the source of the front; none: no new binary
	red        string // the check that must fail
	clause     string // what it must name as broken
	green      string // a check of something else that must still hold
}

// edit replaces one line of a source file of the repository.
type edit struct{ file, old, mutated string }

// copyFront puts the mutated front where the good one was.
const copyFront = "COPY --chown=root:root hermes /opt/hermes/bin/hermes"

func mutants() []mutant {
	const exits = "exit code 42 comes through"
	return []mutant{
		{
			name: "no sentinel in the slots", dockerfile: copyFront,
			edits: []edit{{"internal/gateway/slot/run.sh", "export HERMES_S6_SUPERVISED_CHILD=1 ", "export "}},
			red:   checks.RecursionCheck, clause: "GW-04", green: exits,
		},
		{
			name: "a front that ignores the opt-out", dockerfile: copyFront,
			edits: []edit{{"internal/gateway/decide.go", "case f.NoSuperviseEnv:", "case false:"}},
			red:   checks.OptOutCheck, clause: "GW-06", green: exits,
		},
		{
			name: "no reconciler", dockerfile: "USER root\nRUN rm /etc/cont-init.d/02-reconcile-profiles",
			red: checks.ReconcileCheck, clause: "STATE-09", green: exits,
		},
	}
}

// TestMutants proves for each family of checks that it can fail: the named
// check turns red on the broken image and says which clause it found broken.
func TestMutants(t *testing.T) {
	t.Parallel()
	for _, m := range mutants() {
		t.Run(m.name+" turns red: "+m.red, func(t *testing.T) {
			t.Parallel()
			t.Attr("clause", m.clause)
			image := m.build(t)
			red := m.run(t, image, m.red)
			if !violated(red, m.clause) {
				t.Errorf("want check %q to name %s as broken, got: %v", m.red, m.clause, red)
			}
			t.Logf("red as it must be: %v", firstLine(red))
			if err := m.run(t, image, m.green); err != nil {
				t.Errorf("the mutant breaks more than it should: %q fails, too: %v", m.green, err)
			}
		})
	}
}

// TestMutationsNeedTheirLine proves that a mutation that finds nothing to
// change says so, instead of testing an unchanged front.
func TestMutationsNeedTheirLine(t *testing.T) {
	if got, err := (edit{"", "absent", "x"}).apply("present\n"); err == nil {
		t.Errorf("want an error, got %q", got)
	}
	if got, err := (edit{"", "twice", "x"}).apply("twice twice"); err == nil {
		t.Errorf("want an error, got %q", got)
	}
}

func (m mutant) run(t *testing.T, image, name string) error {
	t.Helper()
	c, err := checks.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(interrupted, checkLimit)
	defer stop()
	s := engine.Subject(image)
	defer func() {
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	return c.Run(ctx, s)
}

func (m mutant) build(t *testing.T) string {
	t.Helper()
	var files []harness.File
	if len(m.edits) > 0 {
		files = append(files, harness.File{Path: "hermes", Mode: 0o755, Content: m.compile(t)})
	}
	image, err := engine.Subject("").Derive(t.Context(), m.dockerfile, files...)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// compile builds the front with the edits laid over the source, which stays as
// it is.
func (m mutant) compile(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for _, e := range m.edits {
		source := filepath.Join(root, e.file)
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		mutated, err := e.apply(string(text))
		if err != nil {
			t.Fatal(err)
		}
		overlay.Replace[source] = filepath.Join(dir, filepath.Base(e.file))
		if err := os.WriteFile(overlay.Replace[source], []byte(mutated), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	listed, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "hermes")
	if err := os.WriteFile(listed, list, 0o600); err != nil {
		t.Fatal(err)
	}
	image, err := engine.InspectImage(t.Context(), engine.Image())
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-overlay", listed, "-o", binary, "./cmd/hermes")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+image.Architecture, "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("cannot build the mutant: %v\n%s", err, out)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// apply makes the edit, or fails when its line is not there exactly once: the
// source has moved on, and the mutant must follow.
func (e edit) apply(text string) (string, error) {
	if n := strings.Count(text, e.old); n != 1 {
		return "", fmt.Errorf("cannot mutate %q: want %q in it once, found it %d times", e.file, e.old, n)
	}
	return strings.Replace(text, e.old, e.mutated, 1), nil
}

func firstLine(err error) string {
	if err == nil {
		return "nothing"
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
