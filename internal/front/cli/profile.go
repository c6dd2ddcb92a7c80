package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
)

// profileVerbs are those of the agent's `hermes profile` that change which gateways there are.
func (a *app) profileVerbs() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "profile",
		Summary: "Make, rename and delete profiles, each with its supervised gateway",
		Detail: `The agent does it and takes its own flags; the front keeps the supervised gateways in step. All other
commands of "hermes profile" are the agent's alone.`,
		Example: "hermes profile create coder\nhermes profile rename coder builder\nhermes profile delete builder",
		ReadOn:  "guide/profiles.md",
		Raw:     true,
		Shared:  true,
	})
	cmd.RunE = func(cmd *cobra.Command, words []string) error { return a.passOn(cmd.Context(), cmd, words) }
	const done = "the agent did what was asked"
	agents := command.Exit{Code: "else", Means: "those of the agent"}
	create := func(use, summary, example string) *cobra.Command {
		name, _, _ := strings.Cut(use, " ")
		return a.ofAgent(command.Verb{
			Use: use, Summary: summary,
			Detail: `The service gateway-NAME exists when the command returns, down until it is started. Where it cannot be
registered, a line says so and the profile is made all the same.`,
			Example: example, Exits: []command.Exit{{Code: "0", Means: done}, agents}, ReadOn: "guide/profiles.md",
		}, func(ctx context.Context, _ []string) error { return a.profileCreate(ctx, name == "create") })
	}
	cmd.AddCommand(
		create("create NAME", "Make a profile and its gateway's service, which is down",
			"hermes profile create coder\nhermes -p coder gateway start"),
		create("import ARCHIVE", "Make a profile from an exported one, and its gateway's service",
			"hermes profile import coder.tar.gz"),
		create("install SOURCE", "Make a profile from a distribution, and its gateway's service",
			"hermes profile install github.com/someone/coder"),
		a.ofAgent(command.Verb{
			Use: "rename OLD NEW", Summary: "Rename a profile and its gateway's service",
			Detail:  "Its gateway stops first, and is then wanted as it was.",
			Example: "hermes profile rename coder builder",
			Exits:   []command.Exit{{Code: "0", Means: done}, {Code: "1", Means: "its gateway cannot be stopped"}, exitElsewhere(), agents},
			ReadOn:  "guide/profiles.md",
		}, a.profileRename),
		a.ofAgent(command.Verb{
			Use: "delete NAME", Summary: "Stop a profile's gateway, then delete the profile and the service",
			Detail: `The agent asks for the profile's name, unless --yes is given; end of input changes nothing. A service that
an earlier deletion left behind also goes.`,
			Example: "hermes profile delete coder --yes",
			Exits:   []command.Exit{{Code: "0", Means: done}, {Code: "1", Means: "there is no such profile"}, exitElsewhere(), agents},
			ReadOn:  "guide/profiles.md",
		}, a.profileDelete))
	return cmd
}

func asksHelp(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return w == "-h" || w == "--help" })
}

// positional lists the words that are no flags.
func positional(words []string) []string {
	var found []string
	for _, word := range words {
		if !strings.HasPrefix(word, "-") {
			found = append(found, word)
		}
	}
	return found
}
