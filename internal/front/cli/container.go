package cli

import (
	"github.com/spf13/cobra"
)

// containerCommands are what the container's own scripts call, and three verbs for people.
func containerCommands(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "container",
		Short: "Look at this container, and the steps of its boot",
		Long: `Look at this container. "doctor" says what is wrong and how to mend it; "health" is the health
check; "apt-restore" installs packages again. The other verbs are for the image's scripts.`,
		Example: "  docker exec hermes hermes container doctor\n  docker exec hermes hermes container health --json",
		Args:    a.noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.containerDoctor(), a.containerHealth(), a.containerMain(), a.containerSetup(),
		a.containerPerms(), a.containerWatch(), a.containerReconcile(), a.containerPrograms(), a.containerProfiles(), a.containerAptHelper(), a.containerAptRestore())
	return cmd
}

// hidden is a verb for scripts: its words are taken as they are.
func hidden(use, short string, run func(cmd *cobra.Command, args []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Hidden: true, DisableFlagParsing: true, RunE: run}
}
