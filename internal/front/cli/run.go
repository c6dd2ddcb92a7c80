package cli

import (
	"context"
	"errors"
	"path/filepath"
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
		case heartbeatName:
			return a.block()
		case "hermes-health":
			a.args = append([]string{"container", "health"}, a.args...)
			a.selection.Rest = a.args
		}
	}
	return a.run(ctx)
}

func (a *app) run(ctx context.Context) int {
	verb := route(a.selection.Rest)
	if verb != byContainer { // boot steps need root, and the main program drops it by itself
		if code := a.dropRoot(); code != 0 {
			return code
		}
	}
	serve := map[string]func(context.Context) error{
		byContainer:     a.tree(containerCommands),
		byGateway:       a.tree(gatewayCommands),
		byCompletion:    a.tree(completionCommands),
		byGatewayRun:    a.gatewayRun,
		byProfileCreate: a.profileCreate,
		byProfileDelete: a.profileDelete,
		byProfileRename: a.profileRename,
		byStatus:        a.status,
		byDoctor:        a.doctor,
	}[verb]
	if serve == nil {
		return a.code(a.becomeAgent())
	}
	return a.code(serve(ctx))
}

// code is the exit code of a verb's error, which is printed unless it has been.
func (a *app) code(err error) int {
	if err == nil {
		return 0
	}
	if reported, ok := errors.AsType[exitCode](err); ok {
		return int(reported)
	}
	a.say("hermes: %v", err)
	return 1
}
