//go:build mage

package main

import (
	"context"

	"caduceus/internal/build/pipeline"
)

// Verify proves that an image keeps the contract, with hermes-verify as it is in this tree.
//
// It says which promises hold, which are broken, why, and what to change. Reports and more choices:
// dist/linux-amd64/hermes-verify --help, which this target compiles.
//
// Examples:
//
//	go tool mage verify my-hermes:latest
//	go tool mage verify my-hermes:latest -tier=smoke
//
// Flags:
//
//	-tier=TIER  smoke, core, full or chaos, each with those before it; core by default
//
// Time: six minutes on two cores.
func Verify(ctx context.Context, image string, tier *string) error {
	return with(func(p *pipeline.Pipeline) error { return p.Verify(ctx, image, given(tier)) })
}

// Verify compiles hermes-verify into dist/, for Linux and macOS, and builds its image, hermes-verify:dev.
//
// Each program is static, carries the probe for containers of both architectures, and is the same bytes for the same source.
//
// Examples:
//
//	go tool mage build:verify
//
// Variables:
//
//	VERSION   their version; dev by default
//	REVISION  what they are made of, where the files lie in no clone of the repository
//
// Time: a minute at first, then seconds.
func (Build) Verify(ctx context.Context) error {
	return with(func(p *pipeline.Pipeline) error { return p.BuildVerifier(ctx) })
}
