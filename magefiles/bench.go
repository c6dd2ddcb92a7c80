//go:build mage

package main

import (
	"context"
	"os"

	"caduceus/internal/build/pipeline"

	"github.com/magefile/mage/mg"
)

// Bench prints what /init costs beside tini, dumb-init and s6-svscan, as ratios to tini. Flags:
// -runs=N (default 10), -json, -realtime (for a host with other work), -image=IMAGE (boot of our
// image, too), -overlay=IMAGE (its s6-overlay, too), -only=LIST (ids of measures).
func Bench(ctx context.Context, runs *int, json, realtime *bool, image, overlay, only *string) error {
	p, err := pipeline.New(os.Stderr, mg.Verbose())
	if err != nil {
		return err
	}
	return p.Bench(ctx, os.Stdout, pipeline.BenchOptions{
		Runs: given(runs), JSON: given(json), Realtime: given(realtime),
		Image: given(image), Overlay: given(overlay), Only: given(only),
	})
}

// given is the value of a flag, or the zero value where it was left out.
func given[T any](flag *T) T {
	var value T
	if flag != nil {
		value = *flag
	}
	return value
}
