package cli

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/setup"
)

// Programs of the image's entry point.
const (
	initPath    = "/init"
	wrapperPath = "/opt/hermes/docker/main-wrapper.sh"
)

// containerEntrypoint is what the entry points of older images run, which compose files and catalogues still name.
//
// contract: SHIM-04
func (a *app) containerEntrypoint() *cobra.Command {
	cmd := command.New(command.Verb{Use: "entrypoint [WORD]...", Summary: "An entry point of older images", Hidden: true, Raw: true})
	cmd.RunE = func(cmd *cobra.Command, words []string) error { return a.entrypoint(cmd.Context(), words) }
	return cmd
}

func (a *app) entrypoint(ctx context.Context, words []string) error {
	a.say("[hermes] this entry point is deprecated: leave out --entrypoint, the image's own is %s %s", initPath, wrapperPath)
	comm, _ := os.ReadFile(a.path(commPath)) // of a process that cannot be looked at nothing is known
	switch routeEntry(words, a.initRuns(), os.Getpid(), strings.TrimSpace(string(comm))) {
	case entryBoots:
		return a.Exec(a.path(initPath), append([]string{initPath, wrapperPath}, words...), a.called.Environ)
	case entryRuns:
		return a.main(ctx, words)
	default:
		return ended(setup.Run(ctx, a.setupEnv()))
	}
}

// entry is what a call of an older entry point is for.
type entry uint8

const (
	entrySetsUp entry = iota // the volume alone
	entryRuns                // the main program, under an init that runs
	entryBoots
)

// routeEntry decides for these words of CMD. The entry point boots, be it PID 1 or the child of an engine's own init. In
// a chain of somebody else's entry point (entrypoint.sh && exec …), and by hand in a running container, it has no words
// and sets up the volume.
func routeEntry(words []string, initRuns bool, pid int, pid1 string) entry {
	engines := []string{"docker-init", "tini", "catatonit", "dumb-init", "podman-init"} // what runs as PID 1 for --init
	switch {
	case initRuns && len(words) > 0:
		return entryRuns
	case initRuns:
		return entrySetsUp
	case len(words) > 0, pid == 1, slices.Contains(engines, pid1):
		return entryBoots
	}
	return entrySetsUp
}
