package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"caduceus/internal/front/completion"
)

// completionCommands serve `completion`: the agent's script of the shell, and after it the front's part.
func completionCommands(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion [" + strings.Join(completion.Shells(), "|") + "]",
		Short: "Print a script that completes hermes in a shell",
		Long: `Print a script that completes hermes in a shell, bash unless another one is named: the agent's verbs as the
agent's own script has them, the verbs of this image with their flags, and the profiles of this container.

Exit codes: 0 printed, 2 unknown shell; else those of the agent.`,
		Example:   "  eval \"$(hermes completion bash)\"\n  eval \"$(hermes completion zsh)\"\n  hermes completion fish | source",
		ValidArgs: completion.Shells(),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				args = completion.Shells()[:1]
			case len(args) > 1:
				return a.usage(cmd, fmt.Errorf("unknown word %q", args[1]))
			}
			if err := completion.Check(args[0]); err != nil {
				return a.usage(cmd, err)
			}
			return a.complete(cmd.Context(), args[0])
		},
	}
}

// complete prints the script of a known shell, nothing where the agent fails.
func (a *app) complete(ctx context.Context, shell string) error {
	var agent strings.Builder
	a.args = []string{"completion", shell}
	code, err := a.runAgent(ctx, &agent)
	if err != nil || code != 0 {
		return firstError(err, ended(code))
	}
	tree := rootCommand()
	tree.AddCommand(gatewayCommands(a), completionCommands(a), containerCommands(a))
	script, err := completion.Script(shell, agent.String(), tree, "gateway", "completion")
	if err != nil {
		return err
	}
	_, err = a.Stdout.WriteString(script)
	return err
}

// containerProfiles lists the profiles, for the completion of their names.
func (a *app) containerProfiles() *cobra.Command {
	return hidden("profiles", "Completion: the names of all profiles, one a line", func(*cobra.Command, []string) error {
		names, _ := a.home.Names()
		for _, name := range names {
			a.print("%s", name)
		}
		return nil
	})
}
