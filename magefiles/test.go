//go:build mage

package main

import (
	"context"

	"caduceus/internal/build/pipeline"

	"github.com/magefile/mage/mg"
)

// Lint checks the source without running it: Go code, shell scripts, workflows.
//
// It runs gofmt, go vet, golangci-lint, a look at the syntax of each script, actionlint and zizmor, and
// reports all that failed. The linters come in pinned versions from package registries.
//
// Examples:
//
//	go tool mage lint
//
// Time: four minutes on two cores at first, one afterwards.
func Lint(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Lint(ctx, tools()) })
}

// Coverage lists the clauses of the specifications (docs/spec) that no test proved, and fails if there are any.
//
// It adds up the suites that ran since "clean". A clause is proved by a test that names it and passed.
//
// Examples:
//
//	go tool mage test:all && go tool mage coverage
//
// Time: a moment.
func Coverage(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Coverage(ctx) })
}

// Test runs tests.
type Test mg.Namespace

// Unit runs the tests that need neither a Docker engine nor an image, with the race detector.
//
// Without root's capabilities the tests that need them are skipped, each with its reason.
//
// Examples:
//
//	go tool mage test:unit
//
// Time: three minutes on two cores.
func (Test) Unit(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestUnit(ctx) })
}

// Root runs the tests that test:unit skips for a user who is not root.
//
// It needs root's capabilities; with them test:unit also runs these tests.
//
// Examples:
//
//	sudo -E go tool mage test:root
//
// Time: a minute on two cores.
func (Test) Root(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestRoot(ctx) })
}

// S6 runs the init against the real clients of s6, which Debian packages.
//
// It installs them where they are missing.
//
// Examples:
//
//	go tool mage test:s6
//
// Time: three minutes on two cores.
func (Test) S6(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestS6(ctx) })
}

// Docker tests the image on containers: what docs/spec promises, and what the guide shows.
//
// The image is hermes-agent:dev, which it builds where it is missing, or any other that is to keep the contract.
// What a failed check saw is kept under tests/docker/artifacts. An image that passed can be published.
//
// Examples:
//
//	go tool mage test:docker
//	HERMES_TEST_IMAGE=my-hermes:latest go tool mage test:docker
//	RUN=TestContract go tool mage test:docker
//
// Variables:
//
//	HERMES_TEST_IMAGE  image to test; hermes-agent:dev by default
//	RUN                tests to run, as "go test -run" takes them; an image that passed a part cannot be published
//	HERMES_TEST_TIER   smoke, core or full: only the contract's checks of this tier and of quicker ones; likewise a part
//	DOCKER_HOST        another engine, as for docker
//
// Time: fifteen minutes on two cores.
func (Test) Docker(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestDocker(ctx) })
}

// Mutants breaks the image and its programs on purpose, and expects the checks to notice; it prints the kill matrix.
//
// Each mutant is the image with one thing broken: a file, a decision of the front or of the init. A check that is named
// beside it must turn red and name the clause. Faults in hermes-verify may not end in a proof. A mutant that
// survives fails the run.
//
// Examples:
//
//	go tool mage test:mutants
//	RUN='TestImages/no_browser' go tool mage test:mutants
//
// Variables: those of "test:docker".
//
// Time: eight minutes on two cores.
func (Test) Mutants(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestMutants(ctx) })
}

// Podman runs the image on Podman: gateway, restarts, profiles, the Kubernetes manifest and the Quadlet units.
//
// It needs root, and installs Podman where it is missing. Podman runs as root and as a person whom the tests make for
// it; its storage goes with the run. The image comes from the Docker engine.
//
// Examples:
//
//	go tool mage test:podman
//	HERMES_TEST_IMAGE=hermes-agent:dev-slim go tool mage test:podman
//
// Variables:
//
//	HERMES_TEST_IMAGE  image to test; hermes-agent:dev by default
//	RUN                tests to run, as "go test -run" takes them
//
// Time: three minutes on two cores.
func (Test) Podman(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestPodman(ctx) })
}

// Verifier lets the image of hermes-verify prove the image, in a container with the engine's socket, as a person does.
//
// It puts the faults of its self-test in first, each of which has to be caught, and then wants all of the tier smoke. The image
// that passes may be published.
//
// Examples:
//
//	go tool mage build:verify test:verifier
//
// Variables:
//
//	HERMES_TEST_IMAGE  the image that it proves; hermes-agent:dev by default
//
// Time: a minute.
func (Test) Verifier(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestVerifier(ctx) })
}

// All runs test:unit, test:s6, test:docker and test:mutants, whatever becomes of each, and adds them up.
//
// Examples:
//
//	go tool mage test:all
//
// Variables: those of "test:docker".
//
// Time: half an hour on two cores.
func (Test) All(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestAll(ctx) })
}

// Dagger compiles and tests the Dagger module in ci/; it needs no Dagger engine.
//
// The functions themselves are not called. With an engine, "dagger call check" does that.
//
// Examples:
//
//	go tool mage test:dagger
//
// Time: a minute on two cores at first, then seconds.
func (Test) Dagger(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestDagger(ctx) })
}
