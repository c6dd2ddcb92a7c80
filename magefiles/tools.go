//go:build mage

package main

import "caduceus/internal/build/pipeline"

// tools is the one place where the versions of the linters stand.
func tools() pipeline.Tools {
	return pipeline.Tools{
		GolangciLint: "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0",
		Actionlint:   "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
		Zizmor:       "magefiles/zizmor.lock",
	}
}
