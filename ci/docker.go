package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"caduceus/ci/internal/dagger"
	"caduceus/internal/build/publish"
	"caduceus/internal/build/verdict"
)

// packages are those of Debian that the container tests need beside Go: engine, client,
// registry, and strace.
const packages = "docker.io docker-cli docker-buildx docker-registry iptables iproute2 strace"

// Run the contract on containers of the image, in a Docker engine of its own.
//
// +check
// +cache="never"
func (m *Caduceus) TestDocker(
	ctx context.Context,
	// Variant to build and test
	// +default="full"
	variant Variant,
	// Archive to test in place of a build: what image-tarball or "docker save" wrote
	// +optional
	image *dagger.File,
	// Only tests that match this regular expression, as "go test -run" takes it
	// +optional
	run *string,
	// Image to build on, as "registry.example/mirror/debian:13.4"; by default the Dockerfile's own
	// +optional
	base *string,
) (string, error) {
	from, err := given("base", base)
	if err != nil {
		return "", err
	}
	only, err := given("run", run)
	if err != nil {
		return "", err
	}
	if image != nil {
		j, err := m.testFile(ctx, image, only)
		return one(ctx, j, err)
	}
	j, err := m.testBuilt(ctx, variant, from, "dev", only)
	return one(ctx, j, err)
}

// Run the contract on containers of slim: test-docker --variant=slim, as a check of its own.
//
// +check
// +cache="never"
func (m *Caduceus) TestDockerSlim(ctx context.Context) (string, error) {
	j, err := m.testBuilt(ctx, VariantSlim, "", "dev", "")
	return one(ctx, j, err)
}

// testBuilt builds a variant and returns the gate that tests it.
func (m *Caduceus) testBuilt(ctx context.Context, variant Variant, base, version, run string) (job, error) {
	file, err := m.tarball(ctx, variant, nil, base, version)
	if err != nil {
		return job{name: "test-docker-" + string(variant), counts: verdict.Tests}, err
	}
	return m.testFile(ctx, file, run)
}

// testFile returns the gate that tests the image in a file.
func (m *Caduceus) testFile(ctx context.Context, file *dagger.File, run string) (job, error) {
	image, err := inspect(ctx, file)
	if err != nil {
		return job{name: "test-docker", counts: verdict.Tests}, err
	}
	return m.testImage(ctx, image, run)
}

// testImage returns the gate that tests an image that was inspected.
func (m *Caduceus) testImage(ctx context.Context, image archive, run string) (job, error) {
	name, tag := image.gate()
	j := job{name: name, command: targets(tag, run), counts: verdict.Tests, root: true, lane: imageLane}
	c, err := m.withImage(ctx, image, tag)
	if err != nil {
		return j, err
	}
	j.container = c.WithEnvVariable("RUN", run)
	return j, nil
}

// withImage returns the workshop with an image in it, which has a name there once its engine runs.
func (m *Caduceus) withImage(ctx context.Context, image archive, tag string) (*dagger.Container, error) {
	workshop, err := m.workshop(ctx)
	if err != nil {
		return nil, err
	}
	// A file system of its own for the engine: layers cannot be laid over those of this container.
	return workshop.WithMountedTemp("/var/lib/docker").
		WithMountedFile("/image.tar", image.file).
		WithEnvVariable("IMAGE_ID", image.facts.ID).
		WithEnvVariable("HERMES_TEST_IMAGE", "hermes-agent:"+tag), nil
}

// targets is the command that runs the suites of an image: the contract, and on full, too, whether the checks can fail. Mutants have
// the same programs on slim.
func targets(tag, run string) []string {
	command := []string{"ci/test-docker.sh", "test:docker"}
	if tag == string(VariantFull) && run == "" {
		command = append(command, "test:mutants")
	}
	return command
}

// workshop returns the toolchain with what the container tests need.
func (m *Caduceus) workshop(ctx context.Context) (*dagger.Container, error) {
	c, err := m.toolchain(ctx, "go.mod")
	if err != nil {
		return nil, err
	}
	install := "apt-get update && apt-get install -y --no-install-recommends " + packages
	return c.WithExec([]string{"sh", "-c", install}).WithDirectory("/src", m.Source), nil
}

// archive is an image as "docker save" writes it: the engine's file, a copy of it on the module's own
// file system, and what it says of itself.
type archive struct {
	file  *dagger.File
	path  string
	facts publish.Image
}

// gate returns the name of the gate that tests the image, and the tag it has there.
func (a archive) gate() (name, tag string) {
	if v := a.facts.Labels[publish.VariantLabel]; publish.CheckVariant(v) == nil {
		return "test-docker-" + v, v
	}
	return "test-docker", "tested"
}

// inspect copies an image's file to the module's own file system and reads it. The copy has gigabytes: a
// call makes one.
func inspect(ctx context.Context, file *dagger.File) (archive, error) {
	dir, err := os.MkdirTemp("", "image-")
	if err != nil {
		return archive{}, err
	}
	path := filepath.Join(dir, "image.tar")
	if _, err := file.Export(ctx, path); err != nil {
		return archive{}, err
	}
	facts, err := read(path)
	return archive{file, path, facts}, err
}

func read(path string) (publish.Image, error) {
	facts, err := publish.Inspect(path)
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			err = cause // without the name that the file has here
		}
		return publish.Image{}, fmt.Errorf("the file is not an image as \"docker save\" writes it: %w", err)
	}
	return facts, nil
}
