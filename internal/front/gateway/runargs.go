package gateway

import (
	"slices"
	"strings"
)

// RunArgs is a `gateway run` command line, without the profile's selection.
type RunArgs struct {
	NoSupervise bool
	Help        bool
}

// ParseRun takes the words after `hermes`. ok is false if they are not a `gateway run` that the agent
// would accept: then it is the agent's to answer, and nothing is redirected. Bare `gateway` is
// `gateway run`, but takes no flag of it. As in the agent's parser, a long flag may be cut short
// where that is unambiguous, and short ones may be joined.
//
// contract: GW-03
func ParseRun(args []string) (run RunArgs, ok bool) {
	if len(args) > 0 && args[0] == acceptHooks {
		args = args[1:]
	}
	if len(args) == 0 || args[0] != "gateway" {
		return RunArgs{}, false
	}
	args = args[1:]
	for len(args) > 0 && args[0] == acceptHooks {
		args = args[1:]
	}
	if len(args) == 0 {
		return RunArgs{}, true
	}
	if args[0] != "run" {
		return RunArgs{}, false
	}
	for _, arg := range args[1:] {
		switch flag, known := runFlag(arg); {
		case !known:
			return RunArgs{}, false
		case flag == "--no-supervise":
			run.NoSupervise = true
		case flag == "--help":
			run.Help = true
		}
	}
	return run, true
}

const acceptHooks = "--accept-hooks"

// runFlag is the full name of a flag of `gateway run`.
func runFlag(arg string) (name string, known bool) {
	if short, found := strings.CutPrefix(arg, "-"); found && !strings.HasPrefix(short, "-") {
		if strings.ContainsRune(short, 'h') && strings.Trim(short, "vqh") == "" {
			return "--help", true
		}
		return arg, short != "" && strings.Trim(short, "vq") == ""
	}
	flags := []string{
		"--verbose", "--quiet", "--replace", "--force", "--no-supervise",
		"--external-supervisor", acceptHooks, "--help",
	}
	if len(arg) < 3 {
		return "", false
	}
	matches := slices.DeleteFunc(flags, func(flag string) bool { return !strings.HasPrefix(flag, arg) })
	if len(matches) != 1 {
		return "", false
	}
	return matches[0], true
}
