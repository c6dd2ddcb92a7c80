//go:build docker

package recipes

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"caduceus/internal/engine"
	"caduceus/internal/host"
	"caduceus/tests/docker/harness"
)

// parallel recipes are as many as two cores can boot side by side; -parallel
// overrides it.
const parallel = "3"

var (
	docker  *harness.Engine
	dockerc engine.Client // the client that the recipes call as docker
	scratch string        // folder of all worlds
)

func TestMain(m *testing.M) { os.Exit(run(m)) } //nolint:forbidigo // without an engine there is nothing to run

func run(m *testing.M) int {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		if err := flag.Set("test.parallel", parallel); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := open(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	// Tests that are cut off take their containers with them.
	go func() {
		<-ctx.Done()
		sweep()
		os.Exit(2) //nolint:forbidigo // the user has stopped the tests
	}()
	code := m.Run()
	if !sweep() && code == 0 {
		code = 1
	}
	return code
}

func open(ctx context.Context) error {
	e, err := harness.Open(ctx, harness.Options{Image: os.Getenv("HERMES_TEST_IMAGE"), Run: os.Getenv("HERMES_TEST_RUN")})
	if err != nil {
		return err
	}
	c, err := engine.EnsureClient(ctx, engine.Host{Run: host.Exec{}, Getenv: os.Getenv})
	if err != nil {
		return err
	}
	docker, dockerc = e, c
	scratch, err = os.MkdirTemp("", "recipes-")
	return err
}

// sweep removes what carries the run's label, networks included: only recipes
// make those, so the harness knows none.
func sweep() bool {
	ctx := context.Background()
	err := errors.Join(docker.Sweep(ctx), os.RemoveAll(scratch))
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot clean up after the recipes:", err)
	}
	return sweepNetworks(ctx) && err == nil
}

func sweepNetworks(ctx context.Context) bool {
	var found strings.Builder
	run := host.Exec{}
	list := []string{"network", "ls", "-q", "--filter", "label=" + harness.RunLabel + "=" + docker.Run()}
	err := run.Run(ctx, host.Cmd{Path: dockerc.Path, Args: list, Stdout: &found})
	for id := range strings.FieldsSeq(found.String()) {
		if err == nil {
			err = run.Run(ctx, host.Cmd{Path: dockerc.Path, Args: []string{"network", "rm", id}})
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot clean up after the recipes:", err)
	}
	return err == nil
}
