package cli

import "github.com/spf13/cobra"

// gatewayInstall and gatewayUninstall only say what does that job in a container.
//
// contract: GW-14
func (a *app) gatewayInstall() *cobra.Command {
	return a.advice("install", "Not needed in a container: each profile has a supervised gateway",
		"Each profile has its supervised gateway already; nothing is to be installed.",
		"  hermes profile create <name>     makes a profile and its gateway",
		"  hermes -p <name> gateway start   brings it up")
}

func (a *app) gatewayUninstall() *cobra.Command {
	return a.advice("uninstall", "Not needed in a container: a profile's gateway goes with the profile",
		"A gateway goes with its profile; nothing else is to be uninstalled.",
		"  hermes profile delete <name>     stops its gateway and removes both")
}

func (a *app) advice(use, short string, lines ...string) *cobra.Command {
	return &cobra.Command{
		Use:                use,
		Short:              short,
		Long:               short + ".\n\nExit code: always 0.",
		Example:            "  hermes gateway " + use,
		DisableFlagParsing: true, // the agent's flags have no meaning here
		RunE: func(cmd *cobra.Command, args []string) error {
			if asksHelp(args) {
				return cmd.Help()
			}
			for _, line := range lines {
				a.print("%s", line)
			}
			return nil
		},
	}
}
