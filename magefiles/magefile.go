//go:build mage

package main

import (
	"context"
	"os"

	"caduceus/internal/build/pipeline"

	"github.com/magefile/mage/mg"
)

// Aliases are the short names: mage finds them by this variable.
var Aliases = map[string]any{ //nolint:gochecknoglobals // mage's interface
	"build": Build.All,
	"base":  Base.Ensure,
}

// with runs one target on a pipeline of this repository.
func with(do func(*pipeline.Pipeline) error) error {
	p, err := pipeline.New(os.Stdout, mg.Verbose())
	if err != nil {
		return err
	}
	return do(p)
}

// Build makes images.
type Build mg.Namespace

// All builds hermes-agent:dev and hermes-agent:dev-slim; "build" is short for it.
// Variables choose what they are made of: BASE_IMAGE (an image, or "bootstrap" for
// Debian's packages), AGENT_SOURCE (a folder or archive instead of the pinned source
// distribution), BROWSER_SOURCE (debian or playwright), VERSION, HERMES_GIT_SHA,
// SOURCE_DATE_EPOCH. With -v all output of the build is shown.
func (Build) All(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Build(ctx, pipeline.Full, pipeline.Slim) })
}

// Full builds hermes-agent:dev alone.
func (Build) Full(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Build(ctx, pipeline.Full) })
}

// Slim builds hermes-agent:dev-slim alone.
func (Build) Slim(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Build(ctx, pipeline.Slim) })
}

// Base finds or makes the Debian base.
type Base mg.Namespace

// Ensure finds the base, or bootstraps it where no registry has it; "base" is short for it.
func (Base) Ensure(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Base(ctx, false) })
}

// Fresh bootstraps the base from Debian's packages of today.
func (Base) Fresh(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Base(ctx, true) })
}

// Binaries compiles /init and hermes into dist/.
func Binaries(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Binaries(ctx) })
}

// Lint checks format, source, scripts and workflows.
func Lint(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Lint(ctx, tools()) })
}

// Test runs tests.
type Test mg.Namespace

// Unit runs all tests that need no engine, with the race detector. What needs root's
// capabilities is skipped without them, with its reason.
func (Test) Unit(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestUnit(ctx) })
}

// Root runs the tests that unit skips without root's capabilities; unit runs them, too, where
// it has these.
func (Test) Root(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestRoot(ctx) })
}

// S6 runs the init against Debian's s6 clients.
func (Test) S6(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestS6(ctx) })
}

// Docker runs the contract on containers of HERMES_TEST_IMAGE (hermes-agent:dev).
// RUN picks tests by a regular expression, as go test -run does. What a failed check
// saw is kept under tests/docker/artifacts.
func (Test) Docker(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestDocker(ctx) })
}

// All runs unit, s6 and docker tests, and sums them up.
func (Test) All(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestAll(ctx) })
}

// Coverage fails if a clause of docs/spec was proved by no test, of all suites that ran since
// clean, and names it.
func Coverage(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Coverage(ctx) })
}

// Clean removes dist/, .cache/ and the evidence of failed tests.
func Clean() error {
	return with(func(p *pipeline.Pipeline) error { return p.Clean() })
}
