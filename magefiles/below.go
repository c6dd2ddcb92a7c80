//go:build mage

package main

import (
	"context"

	"caduceus/internal/build/pipeline"
)

// Below writes down what lies below the agent: versions shipped, the newest in their registries, what Debian fixed.
//
// It asks hermes-agent:dev, Debian's mirror, npm and PyPI, and writes image/below.json; the page of the reference is
// made from that. Nothing else asks a registry for its newest.
//
// Examples:
//
//	go tool mage below && go test ./internal/repo/reference -update
//
// Variables:
//
//	HERMES_TEST_IMAGE  image to ask; hermes-agent:dev by default
//
// Time: a minute or two.
func Below(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.Below(ctx) })
}
