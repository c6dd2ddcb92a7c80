//go:build mage

package main

import (
	"context"
	"os"

	"caduceus/internal/build/pipeline"

	"github.com/magefile/mage/mg"
)

// Bench measures /init beside tini, dumb-init and s6-svscan, and prints the ratios to tini.
//
// It needs root, and installs the other inits where they are missing. docs/contributing/bench.md says what is
// measured, and how to read it.
//
// Examples:
//
//	go tool mage bench
//	go tool mage bench -runs=1 -only=start,stop-0
//
// Flags:
//
//	-runs=N         rounds; 10 by default
//	-json           JSON in place of the table
//	-realtime       run the inits before all other work of the host, for one that is not idle
//	-only=LIST      these measures alone, by their ids in the JSON
//	-image=IMAGE    also measure containers of this image of ours
//	-before=IMAGE   compare them with those of this earlier image
//	-idle           also measure what an idle container uses in a minute
//	-overlay=IMAGE  also measure the s6-overlay of this image
//
// Time: five minutes, half a minute with -runs=1.
func Bench(ctx context.Context, runs *int, json, realtime, idle *bool, image, before, overlay, only *string) error {
	p, err := pipeline.New(os.Stderr, mg.Verbose())
	if err != nil {
		return err
	}
	return p.Bench(ctx, os.Stdout, pipeline.BenchOptions{
		Runs: given(runs), JSON: given(json), Realtime: given(realtime),
		Idle: given(idle), Image: given(image), Before: given(before), Overlay: given(overlay), Only: given(only),
	})
}

// BenchVerify measures hermes-verify: the tiers smoke and core, beside a new container for each test.
//
// A container for each test is what container-structure-test does. Both are measured in the same rounds.
//
// Examples:
//
//	go tool mage benchVerify
//	go tool mage benchVerify -image=my-hermes:latest -runs=3
//
// Flags:
//
//	-image=IMAGE  the image to prove; hermes-agent:dev by default
//	-runs=N       rounds; 5 by default
//
// Time: four minutes a round on two cores.
func BenchVerify(ctx context.Context, image *string, runs *int) error {
	p, err := pipeline.New(os.Stderr, mg.Verbose())
	if err != nil {
		return err
	}
	return p.BenchVerify(ctx, os.Stdout, given(image), given(runs))
}

// given is the value of a flag, or the zero value where it was left out.
func given[T any](flag *T) T {
	var value T
	if flag != nil {
		value = *flag
	}
	return value
}
