package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"caduceus/internal/setup"
)

// containerOwnLogs is what a gateway's logger does as root before it drops to hermes.
func (a *app) containerOwnLogs() *cobra.Command {
	return hidden("own-logs", "Logger step: the logs of a profile's gateway belong to hermes", func(cmd *cobra.Command, words []string) error {
		if len(words) != 1 {
			return a.usage(cmd, fmt.Errorf("want one profile, got %d words", len(words)))
		}
		return setup.OwnLogs(a.setupEnv(), words[0])
	})
}
