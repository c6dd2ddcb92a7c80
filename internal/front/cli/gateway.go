package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
)

func (a *app) gatewayVerbs() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "gateway",
		Summary: "Run and control the messaging gateways",
		Detail: `In this image each profile's gateway is a supervised service: it comes back after a crash, and after
"docker restart" unless it was stopped. Without a command, "hermes gateway" is "hermes gateway run".
Further commands, such as setup and list, are the agent's own.`,
		Example: "docker exec hermes hermes gateway status\ndocker exec hermes hermes -p coder gateway restart",
		ReadOn:  "guide/gateway.md",
		Raw:     true,
		Shared:  true,
	})
	cmd.RunE = func(cmd *cobra.Command, words []string) error {
		if len(words) == 0 {
			return a.gatewayRun(cmd.Context(), gateway.RunArgs{})
		}
		if words[0] == "-h" || words[0] == "--help" {
			return cmd.Help()
		}
		if err := command.Misplaced(cmd, words); err != nil {
			return err
		}
		return a.passOn(cmd.Context(), cmd, words)
	}
	cmd.AddCommand(a.gatewayRunVerb(), a.gatewayStart(), a.gatewayStop(), a.gatewayRestart(),
		a.gatewayStatus(), a.gatewayInstall(), a.gatewayUninstall())
	return cmd
}

// gatewayRunVerb is `gateway run`. Its flags are read as the agent reads them, by package gateway.
func (a *app) gatewayRunVerb() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "run",
		Summary: "Start the profile's gateway, supervised, and wait for the container's end",
		Detail: `The gateway becomes a supervised service, and this process only keeps the container alive, as
"sleep infinity". With --no-supervise, or HERMES_GATEWAY_NO_SUPERVISE=1 in the environment, this process
becomes the gateway itself, and its exit code is the container's.`,
		Example: "docker run -d -v ~/.hermes:/opt/data IMAGE gateway run\n" +
			"docker run --rm -v ~/.hermes:/opt/data IMAGE gateway run --no-supervise",
		Exits: []command.Exit{
			{Code: "1", Means: "the gateway cannot be started, or would run as root"},
			exitElsewhere(),
			{Code: "else", Means: "those of the gateway"},
		},
		ReadOn: "guide/gateway.md",
		Raw:    true,
	})
	for _, f := range gateway.RunFlags() {
		cmd.Flags().BoolP(f.Name, f.Short, false, f.Text)
	}
	a.profileFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, words []string) error {
		run, ok := gateway.ParseRunFlags(words)
		switch {
		case !ok:
			return a.becomeAgent()
		case run.Help:
			return cmd.Help()
		}
		return a.gatewayRun(cmd.Context(), run)
	}
	return cmd
}

// profileFlag documents -p. The profile's selection has been taken out of the command line before its verb
// is known, so what is still there is a second one, or one with an impossible name.
//
// contract: NAME-04
func (a *app) profileFlag(cmd *cobra.Command) {
	cmd.Flags().VarP(leftover{a.selection}, "profile", "p", "the profile's `NAME` (default: the active one)")
}

// leftover is a profile's selection that a verb still finds among its flags.
type leftover struct{ taken profile.Selection }

var _ pflag.Value = leftover{}

func (leftover) String() string { return "" }

func (leftover) Type() string { return "string" }

func (l leftover) Set(name string) error {
	if l.taken.Given {
		return fmt.Errorf("two profiles are given, %q and %q; a command is about one", l.taken.Name, name)
	}
	if err := profile.CheckName(name); err != nil {
		return err
	}
	return fmt.Errorf("cannot use profile %q here; put -p %s before the command", name, name)
}
