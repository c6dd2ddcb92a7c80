package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"caduceus/internal/env"
	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/inherit"
	"caduceus/internal/front/profile"
)

// control is what starts and stops gateways in this container.
func (a *app) control() gateway.Control {
	return gateway.Control{
		Scandir: a.scandir,
		Home:    a.home,
		Svc:     a.path(svcPath),
		Now:     a.Now,
		Warn:    a.warn,
	}
}

// warn reports in one line what went wrong without keeping a command from being obeyed.
func (a *app) warn(err error) { a.say("hermes: %s", strings.ReplaceAll(err.Error(), "\n", "; ")) }

// lifecycle serves start, stop and restart. Where no init runs, they are the agent's, but never --all: the
// agent would signal each process that looks like a gateway.
//
// contract: GW-19
func (a *app) lifecycle(ctx context.Context, verb gateway.Verb, all bool) error {
	if verb != gateway.Start && a.Environ.Value(env.InsideGateway) == "1" {
		a.say("✗ Refusing to %s the gateway from inside the gateway process: it would also end this command.", verb)
		a.say("  Use `hermes gateway %s` from a shell outside of it.", verb)
		return exitCode(1)
	}
	if other, found := a.elsewhere(); found {
		return a.refuseElsewhere(a.print, other, "hermes "+strings.Join(a.args, " "))
	}
	if all {
		return a.lifecycleAll(ctx, verb)
	}
	if !a.initRuns() {
		return a.unsupervised(1)
	}
	name, err := a.profileName()
	if err != nil {
		return err
	}
	err = a.control().Do(ctx, verb, name)
	switch {
	case a.tooEarly(err):
		return a.stillBooting(1)
	case err != nil:
		return a.failed(err)
	}
	if a.MainProgram && verb != gateway.Stop {
		a.say("→ the container ends with this command, and the gateway with it. The command %s keeps both.",
			profile.CommandLine(name, "gateway run"))
	}
	if verb != gateway.Stop {
		a.sayWithheld(name)
	}
	return nil
}

// sayWithheld says on stderr what of the container's variables a gateway that starts does not inherit.
//
// contract: INH-03
func (a *app) sayWithheld(name string) {
	of := inherit.Open(a.Root, a.home)
	if cause := of.Cause(name); cause != "" {
		a.say("→ profile %s: %s. If that is not what you want: %s", name, cause, of.Fix(name))
	}
}

// failed prints why a request was not obeyed, in the agent's words and on stdout, as the agent does.
//
// contract: GW-10
func (a *app) failed(err error) error {
	if missing, ok := errors.AsType[*gateway.MissingError](err); ok && a.ofDashboard() {
		err = fmt.Errorf("this container runs no gateways, as its command is a dashboard's: gateway '%s' is for a container with the command "+
			"`gateway run` on the same volume", missing.Profile)
	}
	a.print("✗ %v", err)
	return exitCode(1)
}

// lifecycleAll serves --all.
//
// contract: GW-12
func (a *app) lifecycleAll(ctx context.Context, verb gateway.Verb) error {
	names, err := a.scandir.Profiles()
	if err != nil {
		return err
	}
	if len(names) == 0 && a.scriptsRun() {
		return a.stillBooting(1)
	}
	if len(names) == 0 {
		a.print("✗ No profile gateways registered under s6")
		return nil
	}
	var problems, unrecorded []string
	for _, name := range names {
		err := a.control().Do(ctx, verb, name)
		if err == nil && verb != gateway.Stop {
			a.sayWithheld(name)
		}
		if _, obeyed := errors.AsType[*gateway.UnrecordedError](err); obeyed {
			unrecorded = append(unrecorded, fmt.Sprintf("✗ %v", err))
		} else if err != nil {
			problems = append(problems, fmt.Sprintf("✗ Could not %s %s%s: %v", verb, profile.SlotPrefix, name, err))
		}
	}
	if obeyed := len(names) - len(problems); obeyed > 0 {
		past := map[gateway.Verb]string{gateway.Start: "Started", gateway.Stop: "Stopped", gateway.Restart: "Restarted"}
		a.print("✓ %s %d profile gateway(s) under s6", past[verb], obeyed)
	}
	for _, p := range append(problems, unrecorded...) {
		a.print("%s", p)
	}
	if len(unrecorded) > 0 {
		return exitCode(1)
	}
	return nil
}

func (a *app) gatewayStart() *cobra.Command {
	return a.lifecycleVerb(gateway.Start, "Start the profile's gateway and keep it up",
		"hermes gateway start\nhermes -p coder gateway start")
}

func (a *app) gatewayStop() *cobra.Command {
	return a.lifecycleVerb(gateway.Stop, "Stop the profile's gateway; it stays down, also after docker restart",
		"hermes gateway stop\nhermes gateway stop --all")
}

func (a *app) gatewayRestart() *cobra.Command {
	return a.lifecycleVerb(gateway.Restart, "Restart the profile's gateway; one that is down starts",
		"hermes gateway restart\nhermes -p coder gateway restart")
}

// lifecycleVerb is start, stop or restart.
func (a *app) lifecycleVerb(verb gateway.Verb, summary, example string) *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     string(verb),
		Summary: summary,
		Detail: `It prints nothing on stdout where it is done; what of the container's variables a gateway that starts does not
inherit is on stderr. It ends once the supervisor has taken the request up, not when the
gateway is up or down: "hermes gateway status" shows that.`,
		Example: example,
		Exits: []command.Exit{
			{Code: "0", Means: "done; also with --all, whose lines name what failed"},
			{Code: "1", Means: "no such profile or gateway, refused, failed, or done and not recorded"},
			{Code: "2", Means: "wrong command line"},
			exitElsewhere(),
		},
		ReadOn: "guide/profiles.md",
	})
	all := cmd.Flags().Bool("all", false, fmt.Sprintf("%s the gateways of all profiles", verb))
	a.profileFlag(cmd)
	ignoreHostFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.lifecycle(cmd.Context(), verb, *all) }
	return cmd
}

// ignoreHostFlags accepts the agent's flags that mean something only outside of a container.
func ignoreHostFlags(cmd *cobra.Command) {
	cmd.Flags().Bool("system", false, "")
	cmd.Flags().String("platform", "", "")
	hide(cmd, "system", "platform")
}
