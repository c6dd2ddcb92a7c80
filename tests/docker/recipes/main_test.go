//go:build docker

package recipes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/moby/moby/client"

	"caduceus/internal/engine"
	"caduceus/internal/host"
	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/suite"
)

var (
	docker  suite.Suite
	command engine.Client // what the recipes call as docker
	scratch string        // folder of all homes
)

func TestMain(m *testing.M) {
	os.Exit(docker.Main(m, suite.Options{Open: open, Close: sweep})) //nolint:forbidigo // without an engine there is nothing to run
}

func open(s *suite.Suite) error {
	c, err := engine.EnsureClient(s.Interrupted, engine.Host{Run: host.Exec{}, Getenv: os.Getenv})
	if err != nil {
		return err
	}
	command = c
	scratch, err = os.MkdirTemp("", "recipes-")
	return err
}

// sweep removes what only recipes make, so that the harness knows none of it:
// their folder, and the networks that carry the run's label.
func sweep() error {
	return errors.Join(os.RemoveAll(scratch), sweepNetworks(context.Background()))
}

func sweepNetworks(ctx context.Context) error {
	ours := client.Filters{}.Add("label", harness.RunLabel+"="+docker.Run())
	list, err := docker.API().NetworkList(ctx, client.NetworkListOptions{Filters: ours})
	if err != nil {
		return fmt.Errorf("cannot list networks of run %q: %w", docker.Run(), err)
	}
	var errs []error
	for _, n := range list.Items {
		if _, err := docker.API().NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{}); err != nil {
			errs = append(errs, fmt.Errorf("cannot remove network %q: %w", n.Name, err))
		}
	}
	return errors.Join(errs...)
}
