package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"caduceus/bench/measure"
)

func main() {
	measure.Enter()
	os.Exit(start()) //nolint:forbidigo // the one exit of this command
}

func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	return 0
}
