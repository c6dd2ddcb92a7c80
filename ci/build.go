package main

import (
	"context"
	"maps"
	"slices"

	"caduceus/ci/internal/dagger"
	"caduceus/image"
	"caduceus/internal/build/publish"
	"caduceus/internal/build/verdict"
)

// recipe lists what the Dockerfile reads of the repository.
var recipe = []string{"Dockerfile", ".dockerignore", "image", "rootfs"} //nolint:gochecknoglobals // a constant that Go has no form for

// Build one variant of the image.
//
// +cache="session"
func (m *Caduceus) Build(
	ctx context.Context,
	// Variant to build
	// +default="full"
	variant Variant,
	// Folder with another agent than the pinned one
	// +optional
	agentSource *dagger.Directory,
	// Image to build on, as "registry.example/mirror/debian:13.4"; by default the Dockerfile's own
	// +optional
	base *string,
	// What the image and its programs call themselves, as "1.2.3"
	// +default="dev"
	version string,
) (*dagger.Container, error) {
	from, err := given("base", base)
	if err != nil {
		return nil, err
	}
	built, err := m.build(ctx, variant, agentSource, from, version)
	return built, verdict.Plain(err)
}

// Write one variant of the image as a file that "docker load" takes.
//
// +cache="session"
func (m *Caduceus) ImageTarball(
	ctx context.Context,
	// Variant to build
	// +default="full"
	variant Variant,
	// Folder with another agent than the pinned one
	// +optional
	agentSource *dagger.Directory,
	// Image to build on, as "registry.example/mirror/debian:13.4"; by default the Dockerfile's own
	// +optional
	base *string,
	// What the image and its programs call themselves, as "1.2.3"
	// +default="dev"
	version string,
) (*dagger.File, error) {
	from, err := given("base", base)
	if err != nil {
		return nil, err
	}
	file, err := m.tarball(ctx, variant, agentSource, from, version)
	return file, verdict.Plain(err)
}

func (m *Caduceus) tarball(ctx context.Context, variant Variant, agentSource *dagger.Directory, base, version string) (*dagger.File, error) {
	built, err := m.build(ctx, variant, agentSource, base, version)
	if err != nil {
		return nil, err
	}
	return built.AsTarball(dagger.ContainerAsTarballOpts{MediaTypes: dagger.ImageMediaTypesDockerMediaTypes}), nil
}

// caFile is where the certificates are in the build context.
const caFile = "dist/ca.crt"

func (m *Caduceus) build(ctx context.Context, variant Variant, agentSource *dagger.Directory, base, version string) (*dagger.Container, error) {
	if err := publish.CheckVersion(version); err != nil {
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
	if m.CA != nil {
		options.CA = caFile
		files = files.WithFile(caFile, m.CA)
	}
	if err := spec.CheckOptions(options); err != nil {
		return nil, err
	}
	return files.DockerBuild(dagger.DirectoryDockerBuildOpts{Target: string(variant), BuildArgs: buildArgs(spec.BuildArgs(options))}), nil
}

func (m *Caduceus) options(ctx context.Context, base, version string) (image.Options, error) {
	tree, err := m.tree(ctx)
	if err != nil {
		return image.Options{}, err
	}
	options := image.Options{
		Base: base, Prebuilt: true, Version: version, Source: publish.SourceOf(m.Origin), Revision: tree.Label(),
	}
	if tree.Revision != "" {
		options.Epoch, err = m.epoch(ctx)
	}
	return options, err
}

// binaries compiles /init and the front; only the files that they are made of go into the container.
func (m *Caduceus) binaries(ctx context.Context, version string) (*dagger.Directory, error) {
	c, err := m.toolchain(ctx, "cmd", "image", "internal", "magefiles", "go.mod", "go.sum")
	if err != nil {
		return nil, err
	}
	return c.WithEnvVariable("VERSION", version).WithExec(mage("binaries")).Directory("dist"), nil
}

// buildArgs returns arguments in the order of their names, so that equal arguments are an equal call.
func buildArgs(values map[string]string) []dagger.BuildArg {
	var args []dagger.BuildArg
	for _, name := range slices.Sorted(maps.Keys(values)) {
		args = append(args, dagger.BuildArg{Name: name, Value: values[name]})
	}
	return args
}
