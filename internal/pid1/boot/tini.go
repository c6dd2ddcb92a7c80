package boot

import "strings"

// wrapper makes the container's main program of CMD: the second word of the image's entry point.
const wrapper = "/opt/hermes/docker/main-wrapper.sh"

// command returns CMD from what /init was given. Older deployments put the entry point of an older image in front, and
// container tools put the flags of tini there for whatever is PID 1: both go, so that each of them ends at the wrapper.
// Words without any entry point are CMD as they are.
//
// contract: SHIM-03
func command(args []string) []string {
	args = withoutFlags(args)
	wrapped := false
	for len(args) > 0 {
		switch args[0] {
		case "/init", "/usr/bin/tini", "tini":
			args = withoutFlags(args[1:])
			continue
		case wrapper, "/opt/hermes/docker/entrypoint.sh", "docker/entrypoint.sh", "/opt/hermes/docker/entrypoint-dispatch.sh":
			args, wrapped = args[1:], true
			continue
		}
		break
	}
	if wrapped {
		return append([]string{wrapper}, args...)
	}
	return args
}

// withoutFlags takes the flags of tini off the front of args. What remains begins with the first word, or behind "--".
func withoutFlags(args []string) []string {
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
