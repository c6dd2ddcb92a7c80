//go:build mage

package main

import (
	"context"

	"caduceus/internal/pipeline"
	"caduceus/internal/publish/desk"
)

// Publish pushes hermes-agent:dev to REGISTRY/REPOSITORY, once test:docker passed it.
func Publish(ctx context.Context, address string) error { return publishVariant(ctx, address, "full") }

// PublishSlim pushes hermes-agent:dev-slim to REGISTRY/REPOSITORY.
func PublishSlim(ctx context.Context, address string) error {
	return publishVariant(ctx, address, "slim")
}

func publishVariant(ctx context.Context, address, variant string) error {
	return with(func(p *pipeline.Pipeline) error {
		return desk.New(p.Root, p.Run, p.Getenv, p.Out).Publish(ctx, p.Facts, address, variant)
	})
}

// Dagger compiles, vets and tests the Dagger module; no Dagger engine is needed.
func (Test) Dagger(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.TestDagger(ctx) })
}
