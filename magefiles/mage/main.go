package main

import (
	"fmt"
	"io"
	"os"

	"github.com/magefile/mage/mage"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) } //nolint:forbidigo // the one exit of a command

// usage is mage's exit code for a target or an argument that it does not know; a target
// that failed gives 1.
const usage = 2

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	code := mage.ParseAndRun(stdout, stderr, stdin, args)
	if code == usage {
		fmt.Fprintln(stderr, `run "go tool mage -l" for the list of targets, "go tool mage -h TARGET" for what one takes`)
	}
	return code
}
