package cli

import (
	"github.com/spf13/cobra"

	"caduceus/internal/front/setup"
)

func (a *app) containerSetup() *cobra.Command {
	return hidden("setup", "The boot script 01-hermes-setup: users, volume, seeds", func(cmd *cobra.Command, _ []string) error {
		return ended(setup.Run(cmd.Context(), a.setupEnv()))
	})
}

func (a *app) setupEnv() setup.Env {
	return setup.Env{Environ: a.given, Stdout: a.Stdout, Stderr: a.Stderr, Root: a.Root}
}
