package s6

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/tests/mutant"
)

// brokenInit is an init with one fault, and the tests that must notice.
type brokenInit struct {
	name  string
	fault mutant.Edit
	tests string // pattern of -test.run
}

func brokenInits() []brokenInit {
	const supervisor, processes = "internal/pid1/supervise/transition.go", "internal/pid1/proc/table.go"
	return []brokenInit{
		{
			"readiness is not announced",
			mutant.Edit{File: supervisor, Old: "t.notify(s6.EventReady)"},
			"TestClientsSeeTheSameAsWithS6/^readiness$",
		},
		{
			"a letter of two is dropped",
			mutant.Edit{File: "internal/pid1/supervise/notify.go", Old: "[]byte(letters))\n", New: "[]byte(letters[:min(1, len(letters))]))\n"},
			"TestClientsSeeTheSameAsWithS6/^restart_after_a_crash$",
		},
		{
			"the event comes before the write",
			mutant.Edit{File: supervisor, Old: "t.write()\n\tt.notify(s6.EventUp)", New: "t.notify(s6.EventUp)"},
			"TestClientsSeeTheSameAsWithS6/^down,_up,_restart$",
		},
		{
			"exit codes are lost",
			mutant.Edit{File: processes, Old: "child.finish(status)\n\t\treturn true", New: "child.finish(0)\n\t\treturn true"},
			"TestClientsSeeTheSameAsWithS6/^finish_with_its_arguments$",
		},
		{
			"one child is reaped for each SIGCHLD",
			mutant.Edit{File: processes, Old: "for t.reapOne() {\n\t\t}", New: "t.reapOne()"},
			"TestPID1ReapsOrphans",
		},
		{
			"a second waiter takes what it can",
			mutant.Edit{
				File: processes, Old: "go t.reap()",
				New: "go t.reap()\n\tgo func() {\n\t\tfor {\n\t\t\t_, _ = syscall.Wait4(-1, nil, 0, nil)\n\t\t}\n\t}()",
			},
			"TestKilledServiceIsBackWithANewPid",
		},
	}
}

// suite runs tests of this binary against another init and returns what they printed.
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

// An init with a known fault turns the suite red. The same tests are green with the init as it is.
func TestMutants(t *testing.T) {
	clause.Proves(t, "FAULT-22")
	t.Parallel()
	needTools(t)
	inits, err := mutant.NewBuilder("../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	build := func(t *testing.T, edits ...mutant.Edit) string {
		t.Helper()
		path, err := inits.Build(t.Context(), mutant.Program{Package: "./cmd/hermes-init", Edits: edits})
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, b := range brokenInits() {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			said, passed := suite(t, build(t, b.fault), b.tests, "5s")
			if passed {
				t.Errorf("want %s red, got green:\n%s", b.tests, said)
			}
			if !strings.Contains(said, "--- FAIL: ") {
				t.Errorf("want a test that fails, got a suite that broke down:\n%s", said)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		sound := build(t)
		for _, b := range brokenInits() {
			if said, passed := suite(t, sound, b.tests, ""); !passed {
				t.Errorf("want %s green with the init as it is, got red:\n%s", b.tests, said)
			}
		}
	})
}
