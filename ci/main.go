package main

import (
	"context"
	"fmt"

	"caduceus/ci/internal/dagger"
	"caduceus/image"
)

// Build, test and publish the container image of the Hermes Agent.
//
// The gates (lint, test-unit, test-init, test-docker) fail unless they ran and counted their
// tests; "check" runs them all, "results" gives back what they left.
type Caduceus struct {
	// +private
	Source *dagger.Directory
	// +private
	Repository *dagger.Directory
	// +private
	GoImage string
	// +private
	Origin string
	// +private
	CA *dagger.File
}

// A variant of the image.
type Variant string

const (
	// With browser, ffmpeg and compilers.
	VariantFull Variant = "full"
	// Without them.
	VariantSlim Variant = "slim"
)

// New takes the repository. Only the files that some function reads are in Source, so that
// other commits keep the cache; Repository is read by what builds alone.
func New(
	// The repository's files
	// +defaultPath="/"
	// +ignore=["*", "!.ci", "!.dockerignore", "!.github", "!.golangci.yml", "!CHANGELOG.md", "!CONTRIBUTING.md", "!Dockerfile", "!LICENSE", "!README.md", "!SECURITY.md", "!bench", "!ci", "!cmd", "!dagger.json", "!deploy", "!docs", "!go.mod", "!go.sum", "!image", "!internal", "!magefiles", "!rootfs", "!tests", "tests/docker/artifacts"]
	source *dagger.Directory,
	// The clone with its .git, which says the revision and whether the files differ from it; without one all but publish works
	// +defaultPath="/"
	// +ignore=["dist", ".cache", "tests/docker/artifacts"]
	repository *dagger.Directory,
	// Image with Go and git on Debian, for all that does not run in the image itself, as "registry.example/mirror/golang:1.26.8"; by default Go's own of the pinned version
	// +optional
	goImage *string,
	// Address of the repository for the image's label "source", as "https://git.example/team/hermes-agent"
	// +optional
	origin string,
	// File of certificates (PEM) that downloads trust, where a proxy inspects TLS, as "/etc/ssl/certs/ca-certificates.crt"
	// +optional
	ca *dagger.File,
) (*Caduceus, error) {
	m := &Caduceus{Source: source, Repository: repository, Origin: origin, CA: ca}
	var err error
	m.GoImage, err = given("go-image", goImage)
	return m, err
}

// given is the value of an optional argument, "" where it was left out. An empty one is
// most often a variable that nobody set, so it is not taken for the default.
func given(name string, value *string) (string, error) {
	switch {
	case value == nil:
		return "", nil
	case *value == "":
		return "", fmt.Errorf("--%s is empty: give it a value, or leave it out for the default", name)
	}
	return *value, nil
}

// spec is what the repository says of the image.
func (m *Caduceus) spec(ctx context.Context) (image.Spec, error) {
	dir, err := m.export(ctx, "image", "Dockerfile")
	if err != nil {
		return image.Spec{}, err
	}
	return image.Load(dir)
}
