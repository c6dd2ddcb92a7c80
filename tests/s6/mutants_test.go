package s6

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

// mutant is an init with one line changed, and the tests that must notice.
type mutant struct {
	name, file, old, with string
	tests                 string // pattern of -test.run
}

func mutants() []mutant {
	return []mutant{
		{
			"readiness is not told", "internal/pid1/supervise/turn.go", "t.notify(s6.EventReady)", "",
			"TestSameAsRealScanner/^readiness$",
		},
		{
			"a letter of two is dropped", "internal/s6/events.go", "[]byte(letters)", "[]byte(letters[:1])",
			"TestSameAsRealScanner/^restart_after_a_crash$",
		},
		{
			"the event comes before the write", "internal/pid1/supervise/turn.go",
			"t.write()\n\tt.notify(s6.EventUp)", "t.notify(s6.EventUp)",
			"TestSameAsRealScanner/^down,_up,_restart$",
		},
		{
			"exit codes are lost", "internal/pid1/proc/table.go", "child.finish(status)\n\t} else if", "child.finish(0)\n\t} else if",
			"TestSameAsRealScanner/^finish_with_its_arguments$",
		},
		{
			"one child is reaped for each SIGCHLD", "internal/pid1/proc/table.go", "for t.reapOne() {\n\t\t}", "t.reapOne()",
			"TestAsProcessOne",
		},
		{
			"a second waiter takes what it can", "internal/pid1/proc/table.go", "go t.reap()",
			"go t.reap()\n\tgo func() {\n\t\tfor {\n\t\t\t_, _ = syscall.Wait4(-1, nil, 0, nil)\n\t\t}\n\t}()",
			"TestKilledServiceIsBackWithANewPid",
		},
	}
}

// build compiles the init with the change of m and gives the program.
func (m mutant) build(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(root, m.file)
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), m.old); m.old != "" && n != 1 {
		t.Fatalf("%s has %q %d times, want once: mend the mutant", m.file, m.old, n)
	}
	dir := t.TempDir()
	changed, overlay, program := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "init")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), m.old, m.with, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {source: changed}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, list, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", program, "caduceus/cmd/hermes-init")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot build the mutant: %v\n%s", err, out)
	}
	return program
}

// suite runs tests of this binary against another init and gives what they said.
func suite(t *testing.T, init, pattern, patience string) (said string, passed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.v", "-test.run", pattern)
	cmd.Env = append(os.Environ(), "HERMES_TEST_INIT="+init, "HERMES_TEST_PATIENCE="+patience)
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), "=== RUN") {
		t.Fatalf("nothing was run by %q: %v\n%s", pattern, err, out)
	}
	return string(out), err == nil
}

// TestMutants: an init with a known fault turns the suite red, and the same tests are green with the
// init as it is.
func TestMutants(t *testing.T) {
	clause.Proves(t, "FAULT-22")
	t.Parallel()
	needTools(t)
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			said, passed := suite(t, m.build(t), m.tests, "5s")
			if passed {
				t.Errorf("the suite did not notice:\n%s", said)
			}
			if !strings.Contains(said, "--- FAIL: ") {
				t.Errorf("the suite broke down and did not judge:\n%s", said)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		var all []string
		for _, m := range mutants() {
			all = append(all, m.tests)
		}
		whole := mutant{file: "internal/pid1/proc/table.go"}.build(t)
		for _, pattern := range all {
			if said, passed := suite(t, whole, pattern, ""); !passed {
				t.Errorf("red without a mutation:\n%s", said)
			}
		}
	})
}
