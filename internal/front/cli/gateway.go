package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// tree serves a command line through cobra; commands are made only when they are needed.
func (a *app) tree(commands func(*app) *cobra.Command) func(context.Context) error {
	return func(ctx context.Context) error {
		root := rootCommand()
		root.AddCommand(commands(a))
		root.SetArgs(a.selection.Rest)
		root.SetIn(a.Stdin)
		root.SetOut(a.Stdout)
		root.SetErr(a.Stderr)
		root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return a.usage(cmd, err) })
		return root.ExecuteContext(ctx)
	}
}

// usage reports a wrong command line; its exit code is that of the agent's parser.
func (a *app) usage(cmd *cobra.Command, err error) error {
	a.say("hermes: %v; see: %s --help", err, cmd.CommandPath())
	return exitCode(2)
}

// noArgs is for commands that take flags only.
func (a *app) noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return a.usage(cmd, fmt.Errorf("unknown word %q", args[0]))
	}
	return nil
}

func gatewayCommands(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "gateway",
		Short: "Run and control the messaging gateways",
		Long: `Run and control the messaging gateways. In this image each profile's gateway is a supervised
service: it comes back after a crash, and after "docker restart" unless it was stopped.

Besides the commands below, "hermes gateway setup" and "hermes gateway list" are the agent's own.`,
		Example: "  docker exec hermes hermes gateway status\n  docker exec hermes hermes -p coder gateway restart",
	}
	cmd.AddCommand(a.gatewayRunHelp(), a.gatewayStart(), a.gatewayStop(), a.gatewayRestart(),
		a.gatewayStatus(), a.gatewayInstall(), a.gatewayUninstall())
	return cmd
}

// gatewayRunHelp documents `gateway run`; the command line itself is read by gateway.ParseRun.
func (a *app) gatewayRunHelp() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Start the profile's gateway, supervised, and stay as its heartbeat",
		Long: `Start the profile's gateway as a supervised service, then wait for the container's end as
"sleep infinity". With --no-supervise, or HERMES_GATEWAY_NO_SUPERVISE=1 in the environment, this
process becomes the gateway itself, and its exit code is the container's.

Exit codes: 1 if the gateway cannot be started, or would run as root; else those of the gateway.`,
		Example: "  docker run -d -v ~/.hermes:/opt/data IMAGE gateway run\n  docker run --rm -v ~/.hermes:/opt/data IMAGE gateway run --no-supervise",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.gatewayRun(cmd.Context()) },
	}
	f := cmd.Flags()
	f.Bool("no-supervise", false, "be the gateway, unsupervised")
	f.CountP("verbose", "v", "more lines on stderr, unsupervised")
	f.BoolP("quiet", "q", false, "no lines on stderr, unsupervised")
	f.Bool("replace", false, "replace a gateway that runs already, unsupervised")
	f.Bool("force", false, "start beside a supervised gateway, unsupervised")
	f.Bool("external-supervisor", false, "another supervisor restarts this gateway, unsupervised")
	f.Bool("accept-hooks", false, "approve unseen shell hooks without asking")
	return cmd
}
