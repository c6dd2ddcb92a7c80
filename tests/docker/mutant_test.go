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

// onlySleeps makes the slot main-hermes do nothing but be up.
const onlySleeps = `RUN printf '#!/bin/sh\nexec s6-setuidgid hermes sleep 98765\n' >/etc/s6-overlay/s6-rc.d/main-hermes/run`

// Checks that mutants name, but for those that package checks names itself.
const (
	exitsCheck = "exit code 42 comes through"
	labelCheck = "the image says where it comes from"
)

// frontMutants break one decision of the front each.
func frontMutants() []mutant {
	return []mutant{
		{
			name: "no sentinel in the slots", dockerfile: copyFront,
			edits: []edit{{"internal/front/gateway/slot/run.sh", "export HERMES_S6_SUPERVISED_CHILD=1 ", "export "}},
			red:   checks.RecursionCheck, clause: "GW-04", green: exitsCheck,
		},
		{
			name: "a front that ignores the opt-out", dockerfile: copyFront,
			edits: []edit{{"internal/front/gateway/decide.go", "case f.NoSuperviseEnv:", "case false:"}},
			red:   checks.OptOutCheck, clause: "GW-06", green: exitsCheck,
		},
		{
			name: "a finish that never restarts", dockerfile: copyFront,
			edits: []edit{{"internal/front/gateway/slot/finish.sh", "\nexit 0\n", "\nexit 125\n"}},
			red:   "a killed gateway is back about a second later, its container lives on", clause: "SLOT-05", green: exitsCheck,
		},
		{
			name: "a front that leaves completion to the agent", dockerfile: copyFront,
			edits: []edit{{"internal/front/cli/route.go", "		return byCompletion", "		return byAgent"}},
			red:   checks.BashCheck, clause: "NAME-02", green: exitsCheck,
		},
		{
			name: "a front that stays root", dockerfile: copyFront,
			edits: []edit{{"internal/front/cli/drop.go", "if a.uid != 0 || a.keepsRoot() {", "if true {"}},
			red:   "hermes called by root drops to hermes", clause: "EXEC-01", green: labelCheck,
		},
	}
}

// fileMutants take away or change one file of the image each.
func fileMutants() []mutant {
	root := func(line string) string { return "USER root\n" + line }
	return []mutant{
		{
			name: "no reconciler", dockerfile: root("RUN rm /etc/cont-init.d/02-reconcile-profiles"),
			red: checks.ReconcileCheck, clause: "STATE-09", green: exitsCheck,
		},
		{
			name: "no setup", dockerfile: root("RUN rm /etc/cont-init.d/01-hermes-setup"),
			red: "the seeds are sown", clause: "SETUP-19", green: labelCheck,
		},
		{
			name: "a wrapper that swallows exit codes", dockerfile: root(`RUN sed -i 's/^exec \(.*\)/\1; exit 0/' /opt/hermes/docker/main-wrapper.sh`),
			red: exitsCheck, clause: "BOOT-13", green: "a program on the PATH runs with its arguments",
		},
		{
			name: "a file that everybody may write", dockerfile: root("RUN chmod o+w /opt/hermes/LICENSE"),
			red: "nothing in the install tree can be written but by root", clause: "IMG-12", green: exitsCheck,
		},
		{
			name: "a dashboard nobody asked for", dockerfile: root(`RUN sed -i 's/^\*) exit 0 ;;$/*) ;;/' /opt/hermes/docker/s6-rc.d/dashboard/run`),
			red: "HERMES_DASHBOARD=on is not true", clause: "DASH-01", green: exitsCheck,
		},
		{
			name: "another entry point", dockerfile: `ENTRYPOINT ["/usr/bin/tini", "--"]`,
			red: "the entry point is init and wrapper, without command and user, with a health check", clause: "IMG-01", green: exitsCheck,
		},
		{
			name: "a main-hermes that only sleeps", dockerfile: root(onlySleeps),
			red: checks.TenantCheck, clause: "RUN-10", green: exitsCheck,
		},
		{
			name: "a main-hermes that follows nothing", dockerfile: root(onlySleeps),
			red: checks.FollowCheck, clause: "PROF-05", green: exitsCheck,
		},
		{
			name: "a setup that evaluates a variable", dockerfile: root(`RUN sed -i 's/^exec/eval ": $HERMES_UID"; exec/' /opt/hermes/docker/stage2-hook.sh`),
			red: checks.HostileCheck, clause: "ENV-11", green: exitsCheck,
		},
		{
			name: "a slow s6-svstat", dockerfile: root(`RUN rm /command/s6-svstat && printf '#!/bin/sh\nsleep 6\n' >/command/s6-svstat && chmod 755 /command/s6-svstat`),
			red: checks.ToolTimeCheck, clause: "AGT-03", green: exitsCheck,
		},
		{
			name: "no browser", dockerfile: root("RUN rm -r /opt/hermes/.playwright"),
			red: "agent-browser saves a screenshot of a page on loopback, as hermes", clause: "TOOL-06", green: exitsCheck,
		},
	}
}

// TestMutants proves for each family of checks that it can fail: the named
// check turns red on the broken image and says which clause it found broken.
func TestMutants(t *testing.T) {
	t.Parallel()
	for _, m := range append(frontMutants(), fileMutants()...) {
		c, err := checks.Named(m.red)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(m.name+" turns red: "+m.red, func(t *testing.T) {
			t.Parallel()
			if c.Full {
				engine.NeedsFull(t, "that "+m.red)
			}
			t.Attr("clause", m.clause)
			image := m.build(t)
			red := m.run(t, image, m.red)
			if !violated(red, m.clause) {
				t.Errorf("want check %q to name %s as broken, got: %v", m.red, m.clause, red)
			}
			t.Logf("red as it must be: %s", redLine(red, m.clause))
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
	ctx, stop := context.WithTimeout(engine.Interrupted, checkLimit)
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

// redLine is the line of err that begins with the clause.
func redLine(err error, clause string) string {
	for line := range strings.Lines(fmt.Sprint(err)) {
		if strings.HasPrefix(line, clause) {
			return strings.TrimSpace(line)
		}
	}
	return "nothing of " + clause
}
