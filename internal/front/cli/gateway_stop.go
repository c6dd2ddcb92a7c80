package cli

import (
	"github.com/spf13/cobra"

	"caduceus/internal/front/gateway"
)

func (a *app) gatewayStop() *cobra.Command {
	return a.lifecycleCommand(gateway.Stop, "Stop the profile's gateway; it stays down, also after docker restart",
		"  hermes gateway stop\n  hermes gateway stop --all")
}
