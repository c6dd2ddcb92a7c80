// Command verify prints what a proof by hermes-verify costs: the tiers smoke and core, beside what
// container-structure-test does for each test, a new container that runs one command and goes.
//
// Both are measured in the same rounds, so that what else the host does slows both. A round that does not end in
// "holds" is counted, and fails nothing: this measures. Exit codes: 0 the table was made, 2 it could not be.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(start()) } //nolint:forbidigo // the one exit of this command

func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	return 0
}
