package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"caduceus/ci/internal/dagger"
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
