package pipeline

import (
	"context"
	"fmt"
	"path/filepath"

	"caduceus/internal/host"
)

// daggerModule is a Go module of its own.
const daggerModule = "ci"

// TestDagger compiles, vets and tests the Dagger module, as far as that goes without a
// Dagger engine, and prints what it left out.
func (p *Pipeline) TestDagger(ctx context.Context) error {
	// Generated code wants the address of an engine at start; a test that called it would fail.
	noEngine := []string{"DAGGER_SESSION_PORT=1", "DAGGER_SESSION_TOKEN=none"}
	vet := host.Cmd{Path: "go", Args: []string{"vet", "./..."}, Env: noEngine, Dir: filepath.Join(p.Root, daggerModule)}
	if err := p.Run.Run(ctx, vet); err != nil {
		return fmt.Errorf("cannot accept the Dagger module: %w", err)
	}
	p.say("test: the Dagger module compiles")
	p.say("test: its functions are not called: that needs a Dagger engine, and \"dagger call check\" does it")
	return p.test(ctx, suite{name: "dagger", args: []string{"./..."}, env: noEngine, dir: daggerModule})
}
