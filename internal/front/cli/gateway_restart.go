package cli

import (
	"github.com/spf13/cobra"

	"caduceus/internal/front/gateway"
)

func (a *app) gatewayRestart() *cobra.Command {
	return a.lifecycleCommand(gateway.Restart, "Restart the profile's gateway; one that is down starts",
		"  hermes gateway restart\n  hermes -p coder gateway restart")
}
