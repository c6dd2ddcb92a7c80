package pipeline

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeGo stands before the real go: it answers ensure_go, and each target by a file of
// its name, whose first line is the exit code; a target without one is well and says nothing.
const fakeGo = `#!/bin/sh
case $1 in
version) echo go version go1.26.8 ;;
tool) [ -f "$ANSWERS/$3" ] || exit 0; read -r code <"$ANSWERS/$3" && tail -n +2 "$ANSWERS/$3" && exit "$code" ;;
esac
`

// CI ends with a table of step times; a failure hides nothing, and nothing that did not run passes.
func TestEachStepOfCIIsJudgedAndTimed(t *testing.T) {
	for name, c := range map[string]struct {
		target, answer string // what differs from a good run
		tiers          []string
		want           []string
		fails          bool
	}{
		"all is well":                    {"lint", "0\n", nil, []string{"\nimage    docker-slim ", "\nall      total            89m ", "\n24 passed, 0 failed, 8 skipped\n"}, false},
		"a test fails":                   {"test:unit", "1\n5 passed, 2 failed, 0 skipped\n", nil, []string{"unit ", "FAILED (exit 1, .cache/ci/unit.log)", "\n26 passed, 2 failed, 7 skipped\n"}, true},
		"a step without tests fails":     {"build", "1\n", nil, []string{"FAILED (exit 1, .cache/ci/build.log)", "==== docker", "\n24 passed, 1 failed, 8 skipped\n"}, true},
		"tests that say nothing":         {"test:s6", "0\n", nil, []string{"ci: s6 passed no test", "\n21 passed, 1 failed, 7 skipped\n"}, true},
		"tests that all were skipped":    {"test:dagger", "0\n0 passed, 0 failed, 7 skipped\n", nil, []string{"ci: dagger passed no test", "\n21 passed, 1 failed, 14 skipped\n"}, true},
		"the last tally is the one":      {"test:docker", "0\n  … 1 passed, 0 failed, 0 skipped so far\n3 passed, 0 failed, 1 skipped\n", nil, []string{"\n24 passed, 0 failed, 8 skipped\n"}, false},
		"a target that breaks in itself": {"test:docker", "2\n", nil, []string{"FAILED (exit 2, .cache/ci/docker.log)", "FAILED (exit 2, .cache/ci/docker-slim.log)", "\n18 passed, 2 failed, 6 skipped\n"}, true},
		"one tier":                       {"test:docker", "2\n", []string{"init"}, []string{"ci: only init ran: a part of the steps proves a part", "\n3 passed, 0 failed, 1 skipped\n"}, false},
		"a tier without tests":           {"lint", "0\n", []string{"bench"}, []string{"\n0 passed, 0 failed, 0 skipped\n"}, true},
		"an unknown tier":                {"lint", "0\n", []string{"docker"}, []string{`ci: there is no tier "docker"; name some of source init image bench, or none for all`}, true},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := runCI(t, ciHost(t, map[string]string{"answers/" + c.target: c.answer}), c.tiers...)
			if (err != nil) != c.fails {
				t.Errorf("failure: want %t, got %v", c.fails, err)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("the run does not say %q:\n%s", want, out)
				}
			}
		})
	}
}

// An engine that the run started goes with it, one that was there before stays.
func TestCIStopsItsOwnEngineOnly(t *testing.T) {
	for name, before := range map[string]bool{"started by the run": false, "there before": true} {
		t.Run(name, func(t *testing.T) {
			root := ciHost(t, nil)
			dockerd := exec.CommandContext(t.Context(), "sleep", "60")
			dockerd.Path = filepath.Join(root, "dockerd") // by its name the run knows it
			sleep, err := exec.LookPath("sleep")
			if err != nil {
				t.Fatal(err)
			}
			program, err := os.ReadFile(sleep)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(dockerd.Path, program, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := dockerd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				_ = dockerd.Wait() // killed, in both cases
				close(ended)
			}()
			pid := fmt.Sprintln(dockerd.Process.Pid)
			if before {
				write(t, root, "state/dockerd.pid", pid)
			} else { // target base starts it
				write(t, root, "bin/go", strings.Replace(fakeGo, "tool)", "tool) echo "+strings.TrimSpace(pid)+` >"$ANSWERS/../state/dockerd.pid";`, 1))
			}
			out, err := runCI(t, root)
			if err != nil || strings.Contains(out, "ci: stopping dockerd") == before {
				t.Errorf("%v\n%s", err, out)
			}
			if before {
				if err := dockerd.Process.Kill(); err != nil {
					t.Errorf("an engine that was there before is gone: %v", err)
				}
			}
			<-ended
		})
	}
}

// ciHost is a checkout with a go that answers as told, and a state folder of its own.
func ciHost(t *testing.T, changes map[string]string) string {
	t.Helper()
	root := t.TempDir()
	script, err := os.ReadFile("../../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(string(script), "/var/lib/caduceus/", root+"/state/", 1)
	if own == string(script) {
		t.Fatal(".ci/run no longer reads the pid of an engine")
	}
	files := map[string]string{".ci/run": own, "bin/go": fakeGo, "state/log": ""}
	for _, suite := range []string{"unit", "s6", "dagger", "docker", "verifier", "mutants", "podman"} {
		files["answers/test:"+suite] = "0\n3 passed, 0 failed, 1 skipped\n"
	}
	maps.Copy(files, changes)
	for name, text := range files {
		write(t, root, name, text)
	}
	return root
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func runCI(t *testing.T, root string, tiers ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, ".ci/run"), tiers...)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(root, "bin")+":"+os.Getenv("PATH"), "ANSWERS="+filepath.Join(root, "answers"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}
