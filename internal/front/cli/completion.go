package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/completion"
)

// completionVerb serves `completion`: the agent's script of the shell, and after it the front's part.
func (a *app) completionVerb() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "completion [SHELL]",
		Summary: "Print a script that completes hermes in a shell",
		Detail: `SHELL is bash, zsh or fish; bash if none is named. The script completes the agent's verbs as the agent's own
script does, the verbs of this image with their flags, and the profiles of this container.`,
		Example: "eval \"$(hermes completion bash)\"\neval \"$(hermes completion zsh)\"\nhermes completion fish | source",
		Exits: []command.Exit{
			{Code: "0", Means: "printed"}, {Code: "2", Means: "wrong command line"}, {Code: "else", Means: "those of the agent"},
		},
		ReadOn: "guide/gateway.md",
		Values: completion.Shells(),
		Shared: true,
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.complete(cmd, append(args, completion.Shells()[0])[0])
	}
	return cmd
}

// complete prints the script of a known shell, nothing where the agent fails.
func (a *app) complete(cmd *cobra.Command, shell string) error {
	var agent strings.Builder
	a.args = []string{"completion", shell}
	code, err := a.runAgent(cmd.Context(), &agent)
	if err != nil || code != 0 {
		return firstError(err, ended(code))
	}
	script, err := completion.Script(shell, agent.String(), cmd.Root())
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
