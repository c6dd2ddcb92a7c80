package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
)

// gatewayInstall and gatewayUninstall only name what does that job in a container.
//
// contract: GW-14
func (a *app) gatewayInstall() *cobra.Command {
	return a.advice("install", "Not needed in a container: each profile has its gateway",
		"Each profile has its supervised gateway already; nothing is to be installed.",
		"  hermes profile create <name>     makes a profile and its gateway",
		"  hermes -p <name> gateway start   brings it up")
}

func (a *app) gatewayUninstall() *cobra.Command {
	return a.advice("uninstall", "Not needed in a container: a gateway goes with its profile",
		"A gateway goes with its profile; nothing else is to be uninstalled.",
		"  hermes profile delete <name>     stops its gateway and removes both")
}

// advice is a verb that prints lines. The agent's flags of that verb mean nothing here.
func (a *app) advice(use, summary string, lines ...string) *cobra.Command {
	cmd := command.New(command.Verb{
		Use: use, Summary: summary, Detail: strings.Join(lines, "\n"), Example: "hermes gateway " + use,
		Exits: []command.Exit{{Code: "0", Means: "always"}}, ReadOn: "guide/profiles.md", Raw: true,
	})
	cmd.RunE = func(cmd *cobra.Command, words []string) error {
		if asksHelp(words) {
			return cmd.Help()
		}
		a.print("%s", strings.Join(lines, "\n"))
		return nil
	}
	return cmd
}
