//go:build docker

package recipes

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"caduceus/internal/engine"
	"caduceus/internal/host"
	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/suite"
)

var (
	docker  suite.Suite
	dockerc engine.Client // the client that the recipes call as docker
	scratch string        // folder of all worlds
)

func TestMain(m *testing.M) {
	os.Exit(docker.Main(m, suite.Options{Open: open, Close: sweep})) //nolint:forbidigo // without an engine there is nothing to run
}

func open(s *suite.Suite) error {
	c, err := engine.EnsureClient(s.Interrupted, engine.Host{Run: host.Exec{}, Getenv: os.Getenv})
	if err != nil {
		return err
	}
	dockerc = c
	scratch, err = os.MkdirTemp("", "recipes-")
	return err
}

// sweep removes what only recipes make, so that the harness knows none of it:
// their folder, and the networks that carry the run's label.
func sweep() error {
	return errors.Join(os.RemoveAll(scratch), sweepNetworks(context.Background()))
}

func sweepNetworks(ctx context.Context) error {
	var found strings.Builder
	run := host.Exec{}
	list := []string{"network", "ls", "-q", "--filter", "label=" + harness.RunLabel + "=" + docker.Run()}
	err := run.Run(ctx, host.Cmd{Path: dockerc.Path, Args: list, Stdout: &found})
	for id := range strings.FieldsSeq(found.String()) {
		if err == nil {
			err = run.Run(ctx, host.Cmd{Path: dockerc.Path, Args: []string{"network", "rm", id}})
		}
	}
	return err
}
