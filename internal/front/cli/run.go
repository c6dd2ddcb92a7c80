package cli

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
)

// heartbeatName is argv[0] of a front that keeps the container alive where there is no sleep program.
// It must not look like a gateway's command line.
const heartbeatName = "hermes-heartbeat"

// Run answers one command line and returns the exit code, unless the process becomes another program.
func Run(ctx context.Context, env Env) int {
	a := newApp(env)
	if len(env.Args) > 0 {
		switch name := filepath.Base(env.Args[0]); name {
		case "apt-get", "apt":
			return a.code(a.aptGet(ctx, name))
		case "pip", "pip3":
			return a.code(a.pip(name))
		case "uv":
			return a.code(a.uv())
		case heartbeatName:
			return a.block()
		case "hermes-health":
			a.args = append([]string{"container", "health"}, a.args...)
			a.selection.Rest = a.args
		}
	}
	return a.code(a.serve(ctx))
}

// serve finds the verb of the command line, and runs it.
func (a *app) serve(ctx context.Context) error {
	tree := a.tree()
	tree.SetOut(a.Stdout)
	verb, words := command.Find(tree, a.selection.Rest, gateway.AcceptHooks)
	if !ofContainer(verb) { // boot steps need root, and the main program drops it by itself
		if code := a.dropRoot(); code != 0 {
			return exitCode(code)
		}
	}
	return command.Run(ctx, verb, words)
}

// ofContainer reports whether a verb is one of `hermes container`.
func ofContainer(verb *cobra.Command) bool {
	for ; verb != nil; verb = verb.Parent() {
		if verb.Name() == "container" {
			return true
		}
	}
	return false
}

// code is the exit code of a verb's error, which is printed unless it has been. A wrong command line has
// that of the agent's parser.
func (a *app) code(err error) int {
	if err == nil {
		return 0
	}
	if reported, ok := errors.AsType[exitCode](err); ok {
		return int(reported)
	}
	a.say("hermes: %v", err)
	if _, wrong := errors.AsType[*command.UsageError](err); wrong {
		return 2
	}
	return 1
}
