package cli

import (
	"slices"
	"strings"

	"caduceus/internal/front/gateway"
)

// Who answers a command line. A verb's name stands for the file that serves it.
const (
	byAgent         = "agent"
	byContainer     = "container"
	byGatewayRun    = "gateway run"
	byGateway       = "gateway"
	byProfileCreate = "profile create" // and import, install
	byProfileDelete = "profile delete"
	byProfileRename = "profile rename"
	byStatus        = "status"
	byDoctor        = "doctor"
	byCompletion    = "completion"
)

// route says who answers, given the words after `hermes` without the profile's selection. What it
// does not know is the agent's, also a flag before the verb: only the agent can tell its value.
func route(words []string) string {
	if _, ok := gateway.ParseRun(words); ok {
		return byGatewayRun
	}
	if len(words) == 0 {
		return byAgent
	}
	rest := words[1:]
	switch words[0] {
	case "container":
		return byContainer
	case "status":
		return byStatus
	case "completion":
		return byCompletion
	case "doctor":
		return byDoctor
	case "gateway":
		if len(rest) > 0 && slices.Contains([]string{
			"start", "stop", "restart", "status", "install", "uninstall", "-h", "--help",
		}, rest[0]) {
			return byGateway
		}
	case "profile":
		if len(rest) == 0 || asksHelp(rest) {
			return byAgent
		}
		switch rest[0] {
		case "create", "import", "install":
			return byProfileCreate
		case "delete":
			return byProfileDelete
		case "rename":
			return byProfileRename
		}
	}
	return byAgent
}

func asksHelp(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return w == "-h" || w == "--help" })
}

// positional lists the words that are neither flags nor values of the flags named.
func positional(words []string, valued ...string) []string {
	var found []string
	for i := 0; i < len(words); i++ {
		switch {
		case slices.Contains(valued, words[i]):
			i++
		case !strings.HasPrefix(words[i], "-"):
			found = append(found, words[i])
		}
	}
	return found
}
