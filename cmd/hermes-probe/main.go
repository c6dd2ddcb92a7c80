//go:build linux

// Command hermes-probe looks into a container for hermes-verify.
package main

import (
	"os"

	"caduceus/internal/verify/probe/inside"
)

func main() { os.Exit(inside.Run(os.Args[1:], os.Stdout, os.Stderr)) }
