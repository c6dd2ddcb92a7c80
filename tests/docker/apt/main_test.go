//go:build docker

package apt

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/suite"
)

const (
	// bootLimit is how long a container may take to its main program on a loaded
	// host, installLimit an installation over the network.
	bootLimit    = 60 * time.Second
	installLimit = 4 * time.Minute
	testLimit    = 12 * time.Minute
)

// docker is what the tests of this binary share.
var docker suite.Suite

func TestMain(m *testing.M) {
	os.Exit(docker.Main(m, suite.Options{})) //nolint:forbidigo // without an engine there is nothing to run
}

// world is one test's containers.
type world struct {
	*testing.T
	ctx     context.Context
	subject *harness.Subject
}

func newWorld(t *testing.T, clauses ...string) *world {
	t.Helper()
	ctx, subject := docker.Begin(t, testLimit, clauses...)
	return &world{t, ctx, subject}
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
