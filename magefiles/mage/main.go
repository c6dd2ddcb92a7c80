package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"caduceus/internal/build/targets"

	"github.com/magefile/mage/mage"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) } //nolint:forbidigo // the one exit of a command

// usage is mage's exit code for a target or an argument that it does not know; a target
// that failed gives 1.
const usage = 2

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if printHelp(args, stdout) {
		return 0
	}
	code := mage.ParseAndRun(stdout, stderr, stdin, args)
	if code == usage {
		fmt.Fprintln(stderr, `run "go tool mage -l" for the list of targets, "go tool mage -h TARGET" for what one takes`)
	}
	return code
}

// printHelp prints the list of targets, or the help of a known one, if args ask for it, and reports whether it did.
func printHelp(args []string, stdout io.Writer) bool {
	list := len(args) == 0 || len(args) == 1 && slices.Contains([]string{"-l", "--l"}, args[0])
	help := len(args) == 2 && slices.Contains([]string{"-h", "--h", "-help", "--help"}, args[0])
	if !list && !help {
		return false
	}
	all, err := targets.Read(os.DirFS("."))
	if err != nil {
		return false // mage reports the error
	}
	if list {
		targets.List(stdout, all)
		return true
	}
	t, known := targets.Find(all, args[1])
	if known {
		targets.Help(stdout, t)
	}
	return known
}
