package cli

import (
	"github.com/spf13/cobra"

	"caduceus/internal/front/setup"
)

func (a *app) containerPerms() *cobra.Command {
	return hidden("perms", "The boot script 015-supervise-perms: who may control the static services", func(cmd *cobra.Command, _ []string) error {
		code := setup.Perms(cmd.Context(), a.setupEnv())
		a.startAptHelper()
		return ended(code)
	})
}
