package cli

import (
	"github.com/spf13/cobra"

	"caduceus/internal/front/setup"
)

func (a *app) containerPerms() *cobra.Command {
	return hidden("perms", "Boot step 015: who may control the static services", func(cmd *cobra.Command, _ []string) error {
		code := setup.Perms(cmd.Context(), a.setupEnv())
		a.startAptHelper()
		return ended(code)
	})
}
