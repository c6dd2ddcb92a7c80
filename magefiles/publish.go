//go:build mage

package main

import (
	"context"

	"caduceus/internal/build/pipeline"
)

// Publish pushes hermes-agent:dev, exactly what test:docker passed. ADDRESS is registry and
// repository without a tag, as registry.example/team/hermes-agent. CHANNEL names moving tags,
// set after the version; by default latest for a release. Who pushes is whom "docker login"
// knows, or CADUCEUS_REGISTRY_USERNAME and CADUCEUS_REGISTRY_PASSWORD. Prints the reference
// with its digest, ready to paste.
func Publish(ctx context.Context, address string) error {
	return publishVariant(ctx, address, pipeline.Full)
}

// PublishSlim pushes hermes-agent:dev-slim as Publish does hermes-agent:dev; its tags end in
// "-slim".
func PublishSlim(ctx context.Context, address string) error {
	return publishVariant(ctx, address, pipeline.Slim)
}

func publishVariant(ctx context.Context, address string, variant pipeline.Variant) error {
	return with(func(p *pipeline.Pipeline) error {
		return p.Publish(ctx, address, variant)
	})
}

// Dagger compiles, vets and tests the Dagger module; no Dagger engine is needed. With one,
// "dagger call check" runs all gates.
func (Test) Dagger(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestDagger(ctx) })
}
