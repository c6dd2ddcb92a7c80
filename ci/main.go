package main

import (
	"context"

	"caduceus/ci/internal/dagger"
	"caduceus/image"
)

// Caduceus builds, tests and publishes the image of the Hermes Agent.
type Caduceus struct {
	// +private
	Source *dagger.Directory
	// +private
	Repository *dagger.GitRepository
	// +private
	GoImage string
	// +private
	Origin string
	// +private
	CA *dagger.Secret
}

// New takes the repository. Only the files that some function reads are in it, so that
// other commits keep the cache.
func New(
	// the repository's files
	// +defaultPath="/"
	// +ignore=["*", "!.ci", "!.dockerignore", "!.github", "!.golangci.yml", "!CHANGELOG.md", "!Dockerfile", "!LICENSE", "!README.md", "!bench", "!ci", "!cmd", "!dagger.json", "!deploy", "!docs", "!go.mod", "!go.sum", "!image", "!internal", "!magefiles", "!rootfs", "!tests", "tests/docker/artifacts"]
	source *dagger.Directory,
	// the repository's revision and whether the files differ from it
	// +defaultPath="/"
	repository *dagger.GitRepository,
	// image with Go and git, for all that does not run in the image itself; the default is Go's own of the pinned version
	// +optional
	goImage string,
	// where the repository is, for the image's label
	// +optional
	origin string,
	// certificates that downloads trust, where a proxy inspects TLS
	// +optional
	ca *dagger.Secret,
) *Caduceus {
	return &Caduceus{Source: source, Repository: repository, GoImage: goImage, Origin: origin, CA: ca}
}

// Lint checks format, source and scripts.
//
// +cache="session"
func (m *Caduceus) Lint(ctx context.Context) (string, error) {
	return m.mage(ctx, "lint")
}

// TestUnit runs the tests that need neither a Docker engine nor the image.
//
// +cache="never"
func (m *Caduceus) TestUnit(ctx context.Context) (string, error) {
	return m.mage(ctx, "test:unit")
}

// TestInit runs the init against Debian's s6 clients.
//
// +cache="never"
func (m *Caduceus) TestInit(ctx context.Context) (string, error) {
	return m.mage(ctx, "test:s6")
}

// spec is what the repository says of the image.
func (m *Caduceus) spec(ctx context.Context) (image.Spec, error) {
	dir, err := m.export(ctx, "image", "Dockerfile")
	if err != nil {
		return image.Spec{}, err
	}
	return image.Load(dir)
}
