package boot

import "strings"

// command takes the flags of tini off the front of what /init was given: container tools put them
// there for whatever is PID 1. What remains, from the first word or behind "--", is CMD.
//
// contract: SHIM-03
func command(args []string) []string {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "--":
			return args[1:]
		case "-p", "-e":
			args = args[min(2, len(args)):]
		default:
			args = args[1:]
		}
	}
	return args
}
