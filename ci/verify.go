package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"caduceus/ci/internal/dagger"
	"caduceus/internal/build/publish"
	"caduceus/internal/build/verdict"
)

// Prove that an image, derived from ours or not, keeps what it promises: hermes-verify, in a Docker engine of its own.
//
// +cache="never"
func (m *Caduceus) Verify(
	ctx context.Context,
	// Image to prove: its address in a registry, or a container
	image *dagger.Container,
	// Checks to run: smoke, core, full or chaos; each has those before it
	// +default="core"
	tier string,
) (string, error) {
	if tiers := []string{"smoke", "core", "full", "chaos"}; !slices.Contains(tiers, tier) {
		return "", fmt.Errorf("there is no tier %q: name one of %s", tier, strings.Join(tiers, ", "))
	}
	file := image.AsTarball(dagger.ContainerAsTarballOpts{MediaTypes: dagger.ImageMediaTypesDockerMediaTypes})
	found, err := inspect(ctx, file)
	if err != nil {
		return "", verdict.Plain(err)
	}
	const tag = "verified"
	c, err := m.withImage(ctx, found, tag)
	return one(ctx, job{
		name: "verify", container: c, counts: verdict.Checks, root: true, lane: imageLane,
		command: []string{"ci/test-docker.sh", "verify hermes-agent:" + tag + " -tier=" + tier},
	}, err)
}

// Build the image of hermes-verify, let it prove the image that is built beside it, and push exactly what passed.
//
// Prints the reference with its digest first, then the tags, which end in "-verify".
//
// +cache="never"
func (m *Caduceus) PublishVerifier(
	ctx context.Context,
	// Registry and repository without a tag, as "registry.example/team/hermes-agent"
	address string,
	// Who pushes, as the registry knows them
	username string,
	// Password or token of that user, as "env://REGISTRY_PASSWORD" or "file:///run/secrets/registry"
	password *dagger.Secret,
	// Moving tags, set after the version, as "main"; by default "latest" for a release
	// +optional
	tags []string,
	// Image to build the image on that it proves, as "registry.example/mirror/debian:13.4"; by default the Dockerfile's own
	// +optional
	base *string,
	// What it calls itself and the tag that never moves, as "1.2.3"
	// +default="dev"
	version string,
) ([]string, error) {
	from, err := given("base", base)
	if err != nil {
		return nil, err
	}
	request := publish.Request{Address: address, Variant: publish.Verifier, Channels: tags, Version: version}
	published, err := m.publish(ctx, request, username, password, from)
	return published, verdict.Plain(err)
}

// testedVerifier builds the image of hermes-verify in the workshop, where it proves full.
func (m *Caduceus) testedVerifier(ctx context.Context, version string, tree publish.Tree, base string) (archive, verdict.Verdict, error) {
	full, err := m.built(ctx, VariantFull, base, version)
	if err != nil {
		return archive{}, verdict.Verdict{}, err
	}
	workshop, err := m.withImage(ctx, full, string(VariantFull))
	if err != nil {
		return archive{}, verdict.Verdict{}, err
	}
	const saved = "/verifier.tar"
	j := job{
		name: "test-verifier", counts: verdict.Tests, root: true, lane: imageLane,
		command: []string{"ci/test-docker.sh", "build:verify", "test:verifier"},
		container: workshop.WithEnvVariable("VERSION", version).WithEnvVariable("REVISION", tree.Label()).
			WithEnvVariable("SAVE_IMAGE", "hermes-verify:dev").WithEnvVariable("SAVE_FILE", saved),
	}
	after := j.exec()
	judged := j.judge(ctx, after)
	if judged.Err != nil {
		return archive{}, judged, nil
	}
	image, err := inspect(ctx, after.File(saved))
	return image, judged, err
}
