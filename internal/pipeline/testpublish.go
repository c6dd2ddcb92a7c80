package pipeline

import (
	"context"
	"fmt"

	"caduceus/internal/host"
)

// registry brings the program that the tests of publication push to.
func (p *Pipeline) registry(ctx context.Context) error {
	if _, err := p.Run.LookPath("docker-registry"); err == nil {
		return nil
	}
	p.say("test: installing docker-registry")
	return host.Install(ctx, p.Run, p.Facts, "publish to a registry of this host", "docker-registry")
}

// daggerModule is a Go module of its own.
const daggerModule = "ci"

// TestDagger compiles, vets and tests the Dagger module, as far as that goes without a
// Dagger engine, and says what it left out.
func (p *Pipeline) TestDagger(ctx context.Context) error {
	// Generated code wants the address of an engine at start; a test that called it would fail.
	noEngine := []string{"DAGGER_SESSION_PORT=1", "DAGGER_SESSION_TOKEN=none"}
	for _, check := range []string{"vet", "test"} {
		c := host.Cmd{Path: "go", Args: []string{check, "-C", daggerModule, "./..."}, Env: noEngine, Dir: p.Root}
		if err := p.Run.Run(ctx, c); err != nil {
			return fmt.Errorf("cannot accept the Dagger module: %w", err)
		}
	}
	p.say("test: the Dagger module compiles, and its tests pass")
	p.say("test: its functions were not called: that needs a Dagger engine, and \"dagger call check\" does it")
	return nil
}
