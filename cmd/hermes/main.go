package main

import (
	"context"
	"os"

	"caduceus/internal/front/cli"
)

var version = "dev" // set when linking

func main() {
	os.Exit(cli.Run(context.Background(), cli.Env{
		Args:     os.Args,
		Environ:  os.Environ(),
		Stdin:    os.Stdin,
		Stdout:   os.Stdout,
		Stderr:   os.Stderr,
		StartUID: os.Geteuid(),
		Version:  version,
	}))
}
