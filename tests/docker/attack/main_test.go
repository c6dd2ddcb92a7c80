//go:build docker

package attack

import (
	"os"
	"strings"
	"testing"
	"time"

	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/suite"
)

const (
	// bootLimit is how long a container may take to its main program on a loaded host.
	bootLimit = 2 * time.Minute
	waitLimit = 30 * time.Second
	testLimit = 8 * time.Minute

	hermes = "hermes"
	root   = "0"
)

// docker is what the tests of this binary share.
var docker suite.Suite

func TestMain(m *testing.M) {
	os.Exit(docker.Main(m, suite.Options{})) //nolint:forbidigo // without an engine there is nothing to run
}

// target is one test's containers.
type target struct{ *suite.Test }

// attack begins a test that proves clauses, beside others.
func attack(t *testing.T, clauses ...string) *target {
	t.Helper()
	t.Parallel()
	return &target{docker.Begin(t, testLimit, clauses...)}
}

// box is a container under attack.
type box struct {
	*target
	*harness.Container
}

// start starts a container whose main program only waits, unless the spec has another.
func (a *target) start(spec harness.Spec) box {
	a.Helper()
	idle := len(spec.Cmd) == 0
	if idle {
		spec.Cmd = []string{"sleep", "infinity"}
	}
	c, err := a.Subject.Start(a.Ctx, spec)
	a.Must(err)
	if idle {
		_, err = c.WaitProcess(a.Ctx, `^sleep infinity$`, 0, bootLimit)
		a.Must(err)
		c.WaitBootLog(a.Ctx)
	}
	return box{a, c}
}

// as runs a script of the shell as a user and returns how it ended.
func (b box) as(user, script string) harness.Result {
	b.Helper()
	res, err := b.Exec(b.Ctx, harness.Exec{User: user, Cmd: []string{"sh", "-c", script}})
	b.Must(err)
	return res
}

// atTerminal runs a script of bash as a user who has a terminal, and returns what is seen there.
func (b box) atTerminal(user, script string) string {
	b.Helper()
	res, err := b.Exec(b.Ctx, harness.Exec{User: user, Cmd: []string{"bash", "-c", script}, TTY: true})
	b.Must(err)
	return res.Stdout
}

// wants runs a script as a user and compares: the exit code, and words of its output.
func (b box) wants(user, script string, code int, words ...string) {
	b.Helper()
	res := b.as(user, script)
	for _, word := range words {
		if !strings.Contains(res.Stdout+res.Stderr, word) {
			b.Errorf("%s as %s: no %q in %s", script, user, word, res)
		}
	}
	if res.Code != code {
		b.Errorf("%s as %s: want exit code %d, got %s", script, user, code, res)
	}
}
