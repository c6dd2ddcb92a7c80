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

// All builds both variants of the image, hermes-agent:dev and hermes-agent:dev-slim.
//
// It installs and starts a Docker engine where the host has none, makes the base image where no registry
// has it, and names an image only when all of it was built and is within its size budget. With -v it shows
// all output of the build.
//
// Examples:
//
//	go tool mage build
//	VERSION=1.2.3 go tool mage build
//	AGENT_SOURCE=~/src/hermes-agent go tool mage build
//
// Variables:
//
//	BASE_IMAGE         image to build on, or "bootstrap" for Debian's packages
//	AGENT_SOURCE       folder or archive of the agent, in place of the pinned one
//	BROWSER_SOURCE     where Chromium comes from: debian (default) or playwright
//	VERSION            1.2.3 or 1.2.3-rc.1, for labels and tags; dev by default
//	HERMES_GIT_SHA     commit of the agent, which "hermes dump" shows
//	SOURCE_DATE_EPOCH  time of this repository's files in the image, in seconds; that of the commit by default
//
// Time: five minutes on two cores at first, seconds when little changed.
func (Build) All(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Build(ctx, pipeline.Full, pipeline.Slim) })
}

// Full builds hermes-agent:dev alone: with browser, ffmpeg and compilers.
//
// Examples:
//
//	go tool mage build:full
//
// Variables: those of "build".
//
// Time: four minutes on two cores at first, seconds when little changed.
func (Build) Full(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Build(ctx, pipeline.Full) })
}

// Slim builds hermes-agent:dev-slim alone: without browser, ffmpeg and compilers.
//
// Examples:
//
//	go tool mage build:slim
//
// Variables: those of "build", except BROWSER_SOURCE.
//
// Time: three minutes on two cores at first, seconds when little changed.
func (Build) Slim(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Build(ctx, pipeline.Slim) })
}

// Base finds or makes the Debian base.
type Base mg.Namespace

// Ensure finds the Debian image to build on, or makes it from Debian's packages.
//
// The one that the Dockerfile names is taken where the engine or a registry has it. Elsewhere one with the same
// content is made; it needs root. "build" does this by itself.
//
// Examples:
//
//	go tool mage base
//	BASE_IMAGE=bootstrap go tool mage base
//
// Variables:
//
//	BASE_IMAGE  image to take in its place, or "bootstrap" to make one even if a registry answers
//
// Time: a minute where it is made, seconds elsewhere.
func (Base) Ensure(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Base(ctx, false) })
}

// Fresh makes the base image again, from Debian's packages of today.
//
// The next build of the image starts from it, and so from nothing. It needs root.
//
// Examples:
//
//	go tool mage base:fresh build
//
// Time: a minute.
func (Base) Fresh(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Base(ctx, true) })
}

// Binaries compiles the image's own programs, /init and hermes, into dist/.
//
// They are static, and the same bytes for the same source. "build" does this by itself.
//
// Examples:
//
//	go tool mage binaries
//
// Variables:
//
//	VERSION  their version; dev by default
//
// Time: half a minute at first, then seconds.
func Binaries(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Binaries(ctx) })
}

// Clean removes what the other targets left in the repository; images stay in the engine.
//
// That is dist/, .cache/ with logs and test results, and the evidence of failed container tests.
//
// Examples:
//
//	go tool mage clean
//
// Time: a moment.
func Clean() error {
	return with(func(p *pipeline.Pipeline) error { return p.Clean() })
}
