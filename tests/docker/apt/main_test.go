//go:build docker

package apt

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/tests/docker/harness"
)

const (
	// bootLimit is how long a container may take to its main program on a loaded
	// host, installLimit an installation over the network.
	bootLimit    = 60 * time.Second
	installLimit = 4 * time.Minute
	testLimit    = 12 * time.Minute
)

// The one connection of this test binary.
var (
	docker      *harness.Engine
	interrupted context.Context // ends with ^C, so that every wait ends and the sweep still happens
)

func TestMain(m *testing.M) { os.Exit(run(m)) } //nolint:forbidigo // without an engine there is nothing to run

func run(m *testing.M) int {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	e, err := harness.Open(ctx, harness.Options{Image: os.Getenv("HERMES_TEST_IMAGE"), Run: os.Getenv("HERMES_TEST_RUN")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	docker, interrupted = e, ctx
	code := m.Run()
	if err := docker.Sweep(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "cannot clean up after the tests:", err)
		return max(code, 1)
	}
	return code
}

// world is one test's containers.
type world struct {
	*testing.T
	ctx     context.Context
	subject *harness.Subject
}

func newWorld(t *testing.T, clauses ...string) *world {
	t.Helper()
	for _, c := range clauses {
		t.Attr("clause", c)
	}
	ctx, stop := context.WithTimeout(interrupted, testLimit)
	w := &world{t, ctx, docker.Subject("")}
	t.Cleanup(func() {
		defer stop()
		if t.Failed() && flag.Lookup("test.artifacts").Value.String() == "true" {
			if err := w.subject.Evidence(ctx, t.ArtifactDir()); err != nil {
				t.Log("some evidence is missing:", err)
			}
		}
		if err := w.subject.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// box is a container whose main program only waits.
type box struct {
	*world
	*harness.Container
}

func (w *world) start(allow string, spec harness.Spec) box {
	w.Helper()
	spec.Cmd = []string{"sleep", "3600"}
	if allow != "" {
		spec.Env = map[string]string{"HERMES_ALLOW_APT": allow}
	}
	c, err := w.subject.Start(w.ctx, spec)
	w.must(err)
	b := box{w, c}
	_, err = c.WaitSh(w.ctx, "main program", `pgrep -x sleep -a | grep -q 3600`, bootLimit)
	w.must(err)
	if allow != "" {
		_, err = c.WaitSh(w.ctx, "helper", `test -S /run/s6/apt-helper.sock`, bootLimit)
		w.must(err)
	}
	return b
}

func (b box) as(user, script string) harness.Result {
	b.Helper()
	res, err := b.Exec(b.ctx, harness.Exec{User: user, Cmd: []string{"sh", "-c", script}})
	b.must(err)
	return res
}

// wants runs a script as a user and compares: the exit code, and words of its output.
func (b box) wants(user, script string, code int, words ...string) {
	b.Helper()
	res := b.as(user, script)
	all := res.Stdout + res.Stderr
	for _, word := range words {
		if !strings.Contains(all, word) {
			b.Errorf("%s as %s: no %q in %s", script, user, word, res)
		}
	}
	if res.Code != code {
		b.Errorf("%s as %s: want exit code %d, got %s", script, user, code, res)
	}
}
