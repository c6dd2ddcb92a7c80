package main

import (
	"context"
	"maps"
	"slices"

	"caduceus/ci/internal/dagger"
	"caduceus/image"
	"caduceus/internal/publish"
)

// recipe is what the Dockerfile has of the repository.
var recipe = []string{"Dockerfile", ".dockerignore", "image", "rootfs"} //nolint:gochecknoglobals // a constant that Go has no form for

// Build makes one variant of the image.
//
// +cache="session"
func (m *Caduceus) Build(
	ctx context.Context,
	// full, or slim: no browser, no ffmpeg, no compilers
	// +default="full"
	variant string,
	// folder of another agent than the pinned one
	// +optional
	agentSource *dagger.Directory,
	// image to build on; the default is the one of image/lock.json
	// +optional
	base string,
	// what the image and its programs call themselves
	// +default="dev"
	version string,
) (*dagger.Container, error) {
	if err := publish.CheckVariant(variant); err != nil {
		return nil, err
	}
	spec, err := m.spec(ctx)
	if err != nil {
		return nil, err
	}
	options, err := m.options(ctx, base, version)
	if err != nil {
		return nil, err
	}
	binaries, err := m.binaries(ctx, version)
	if err != nil {
		return nil, err
	}
	files := dag.Directory().WithDirectory("", m.Source, dagger.DirectoryWithDirectoryOpts{Include: recipe}).WithDirectory("dist", binaries)
	if agentSource != nil {
		options.AgentSource = "dist/agent"
		files = files.WithDirectory(options.AgentSource, agentSource)
	}
	if err := spec.CheckOptions(options); err != nil {
		return nil, err
	}
	secrets, err := m.secrets(ctx)
	if err != nil {
		return nil, err
	}
	return files.DockerBuild(dagger.DirectoryDockerBuildOpts{Target: variant, BuildArgs: buildArgs(spec.BuildArgs(options)), Secrets: secrets}), nil
}

// ImageTarball is a variant of the image as a file that "docker load" takes.
//
// +cache="session"
func (m *Caduceus) ImageTarball(
	ctx context.Context,
	// +default="full"
	variant string,
	// +optional
	agentSource *dagger.Directory,
	// +optional
	base string,
	// +default="dev"
	version string,
) (*dagger.File, error) {
	built, err := m.Build(ctx, variant, agentSource, base, version)
	if err != nil {
		return nil, err
	}
	return built.AsTarball(dagger.ContainerAsTarballOpts{MediaTypes: dagger.ImageMediaTypesDockerMediaTypes}), nil
}

func (m *Caduceus) options(ctx context.Context, base, version string) (image.Options, error) {
	tree, err := m.tree(ctx)
	if err != nil {
		return image.Options{}, err
	}
	epoch, err := m.epoch(ctx)
	if err != nil {
		return image.Options{}, err
	}
	return image.Options{
		Base: base, Prebuilt: true, Version: version, Epoch: epoch, Source: publish.SourceOf(m.Origin),
		Revision: tree.Label(),
	}, nil
}

// binaries compiles /init and the front, of the files that they are made of alone.
func (m *Caduceus) binaries(ctx context.Context, version string) (*dagger.Directory, error) {
	c, err := m.toolchain(ctx, "cmd", "image", "internal", "magefiles", "go.mod", "go.sum")
	if err != nil {
		return nil, err
	}
	return c.WithEnvVariable("VERSION", version).WithExec([]string{"go", "tool", "mage", "binaries"}).Directory("dist"), nil
}

// secrets are those that the Dockerfile mounts, by the names it gives them.
func (m *Caduceus) secrets(ctx context.Context) ([]*dagger.Secret, error) {
	if m.CA == nil {
		return nil, nil
	}
	text, err := m.CA.Plaintext(ctx)
	if err != nil {
		return nil, err
	}
	return []*dagger.Secret{dag.SetSecret("ca", text)}, nil
}

// buildArgs are arguments in the order of their names: equal arguments are an equal call.
func buildArgs(values map[string]string) []dagger.BuildArg {
	var args []dagger.BuildArg
	for _, name := range slices.Sorted(maps.Keys(values)) {
		args = append(args, dagger.BuildArg{Name: name, Value: values[name]})
	}
	return args
}
