//go:build docker

package apt

import (
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

// fixture is one test's containers.
type fixture struct{ *suite.Test }

func newFixture(t *testing.T, clauses ...string) *fixture {
	t.Helper()
	return &fixture{docker.Begin(t, testLimit, clauses...)}
}

// idle is a container whose main program does nothing.
type idle struct {
	*fixture
	*harness.Container
}

func (f *fixture) start(allow string, spec harness.Spec) idle {
	f.Helper()
	spec.Cmd = []string{"sleep", "3600"}
	if allow != "" {
		spec.Env = map[string]string{"HERMES_ALLOW_APT": allow}
	}
	c, err := f.Subject.Start(f.Ctx, spec)
	f.Must(err)
	_, err = c.WaitSh(f.Ctx, "main program", `pgrep -x sleep -a | grep -q 3600`, bootLimit)
	f.Must(err)
	if allow != "" {
		_, err = c.WaitSh(f.Ctx, "helper", `test -S /run/s6/apt-helper.sock`, bootLimit)
		f.Must(err)
	}
	return idle{f, c}
}

func (c idle) as(user, script string) harness.Result {
	c.Helper()
	res, err := c.Exec(c.Ctx, harness.Exec{User: user, Cmd: []string{"sh", "-c", script}})
	c.Must(err)
	return res
}

// wants runs a script as a user and compares: the exit code, and words of its output.
func (c idle) wants(user, script string, code int, words ...string) {
	c.Helper()
	res := c.as(user, script)
	all := res.Stdout + res.Stderr
	for _, word := range words {
		if !strings.Contains(all, word) {
			c.Errorf("%s as %s: want %q, got %s", script, user, word, res)
		}
	}
	if res.Code != code {
		c.Errorf("%s as %s: want exit code %d, got %s", script, user, code, res)
	}
}
