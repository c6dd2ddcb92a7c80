package cli

import (
	"context"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
)

// Commands is the tree of all verbs that the front serves, for the reference.
func Commands() *cobra.Command { return newApp(Env{}).tree() }

// tree is the one tree of verbs. A command line that names no verb of it is the agent's; so are, below
// the verbs that the agent has, too, all words that the tree does not know.
func (a *app) tree() *cobra.Command {
	root := command.New(command.Verb{Use: "hermes", Raw: true})
	root.RunE = func(cmd *cobra.Command, words []string) error {
		if err := command.Misplaced(cmd, words); err != nil {
			return err
		}
		return a.passOn(cmd.Context(), cmd, words)
	}
	root.AddCommand(a.gatewayVerbs(), a.profileVerbs(), a.statusVerb(), a.doctorVerb(), a.completionVerb(), a.containerVerbs())
	return root
}

// ofAgent is a verb whose words are the agent's, with something to do before or after. Its help is the
// agent's, too.
func (a *app) ofAgent(v command.Verb, serve func(ctx context.Context, words []string) error) *cobra.Command {
	v.Raw, v.Shared = true, true
	cmd := command.New(v)
	cmd.RunE = func(cmd *cobra.Command, words []string) error {
		if asksHelp(words) {
			return a.becomeAgent()
		}
		return serve(cmd.Context(), words)
	}
	return cmd
}

// hidden is a verb for scripts of the image.
func hidden(use, summary string, run func(cmd *cobra.Command, words []string) error) *cobra.Command {
	cmd := command.New(command.Verb{Use: use, Summary: summary, Hidden: true})
	cmd.RunE = run
	return cmd
}

// hide takes flags out of help and completion.
func hide(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		_ = cmd.Flags().MarkHidden(name) // the caller has just defined it
	}
}

// JSONObject is what a verb prints with --json, by an example of its type.
type JSONObject struct {
	Verb, Schema string
	File         string // of the schema, in docs/reference/schema
	Value        any
}

// JSONObjects lists them. Their schemas are made from the types.
func JSONObjects() []JSONObject {
	return []JSONObject{
		{"hermes container doctor --json", doctorSchema, "doctor.v1.json", doctorReport{}},
		{"hermes gateway status --json", gateway.Schema, "gateway-status.v1.json", gateway.Report{}},
		{"hermes container health --json", healthSchema, "health.v1.json", health{}},
		{"hermes container version --json", versionSchema, "version.v1.json", versionReport{}},
	}
}
