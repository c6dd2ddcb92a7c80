// Command hermes-verify proves that an image keeps the contract of the Hermes Agent's image.
package main

import (
	"context"
	"os"

	"caduceus/internal/verify/cli"
)

// version is set by the linker.
var version = "dev"

func main() {
	os.Exit(cli.Run(context.Background(), cli.Env{
		Args: os.Args[1:], Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Version: version,
	}))
}
