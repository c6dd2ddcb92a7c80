//go:build mage

package main

import (
	"context"

	"caduceus/internal/build/pipeline"
	"caduceus/internal/build/publish"
)

// Publish pushes hermes-agent:dev to a registry, exactly the image that test:docker passed.
//
// ADDRESS is registry and repository without a tag. It refuses an image that was not tested, was built from
// another revision, or has a version that is published already. The last line that it prints is the
// reference with its digest, ready to paste.
//
// Examples:
//
//	go tool mage publish registry.example/team/hermes-agent
//	CHANNEL="main stable" go tool mage publish registry.example/team/hermes-agent
//
// Variables:
//
//	VERSION                     version that the image has to have; by default whichever it has
//	CHANNEL                     moving tags, separated by blanks; latest by default for a release
//	PUBLISH_IMAGE               another image of the engine, which test:docker passed
//	CADUCEUS_REGISTRY_USERNAME  who pushes; by default whom "docker login" knows
//	CADUCEUS_REGISTRY_PASSWORD  their password
//
// Time: two minutes, mostly for compression; less when the registry has most of it.
func Publish(ctx context.Context, address string) error {
	return publishVariant(ctx, address, string(pipeline.Full))
}

// PublishSlim pushes hermes-agent:dev-slim to a registry, as "publish" pushes hermes-agent:dev.
//
// Its tags end in "-slim".
//
// Examples:
//
//	HERMES_TEST_IMAGE=hermes-agent:dev-slim go tool mage test:docker
//	go tool mage publishSlim registry.example/team/hermes-agent
//
// Variables: those of "publish".
//
// Time: a minute.
func PublishSlim(ctx context.Context, address string) error {
	return publishVariant(ctx, address, string(pipeline.Slim))
}

// PublishVerifier pushes hermes-verify:dev to a registry, exactly the image that test:verifier passed.
//
// Its tags end in "-verify".
//
// Examples:
//
//	go tool mage build:verify test:verifier
//	go tool mage publishVerifier registry.example/team/hermes-agent
//
// Variables: those of "publish".
//
// Time: seconds.
func PublishVerifier(ctx context.Context, address string) error {
	return publishVariant(ctx, address, publish.Verifier)
}

func publishVariant(ctx context.Context, address, variant string) error {
	return with(func(p *pipeline.Pipeline) error { return p.Publish(ctx, address, variant) })
}
