package cli

import (
	"github.com/spf13/cobra"

	"caduceus/internal/front/gateway"
)

func (a *app) gatewayStart() *cobra.Command {
	return a.lifecycleCommand(gateway.Start, "Start the profile's gateway and keep it up",
		"  hermes gateway start\n  hermes -p coder gateway start")
}
