package cli

import (
	"github.com/spf13/cobra"

	"caduceus/internal/front/gateway"
)

// Commands is the tree of all verbs that the front serves, as the reference shows it. It is not for
// running: the verbs of profiles and states are the agent's, with something done before or after, and
// their flags are the agent's.
func Commands() *cobra.Command {
	a := newApp(Env{})
	root := rootCommand()
	root.AddCommand(gatewayCommands(a), profileCommands(), statusCommand(), doctorCommand(), completionCommands(a), containerCommands(a))
	return root
}

// rootCommand is the parent of all trees. Its help opens with an example.
func rootCommand() *cobra.Command {
	root := &cobra.Command{Use: "hermes", SilenceErrors: true, SilenceUsage: true}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpTemplate(`{{with .Example}}{{.}}

{{end}}{{with or .Long .Short}}{{.}}

{{end}}{{.UsageString}}`)
	root.SetUsageTemplate(`Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [command]

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`)
	return root
}

func profileCommands() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile",
		Short: "Make, rename and delete profiles, each with its supervised gateway",
		Long: `Make, rename and delete profiles. The agent does it and takes its own flags; the front keeps the
supervised gateways in step. All other verbs of "hermes profile" are the agent's alone.`,
	}
	agents := func(use, short, long, example string) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Long: long, Example: example, Run: func(*cobra.Command, []string) {}}
	}
	const codes = "\n\nExit codes: those of the agent, 0 where it did what was asked."
	cmd.AddCommand(
		agents("create NAME", "Make a profile and the service of its gateway, which is down",
			"Make a profile. The service gateway-NAME exists when the command returns, down until it is started; where it\n"+
				"cannot be registered, a line says so and the profile is made all the same. \"import\" and \"install\" likewise."+codes,
			"  hermes profile create coder\n  hermes -p coder gateway start"),
		agents("rename OLD NEW", "Rename a profile and the service of its gateway",
			"Rename a profile. Its gateway stops first and is then wanted as it was."+codes+"\n1 where its gateway cannot be stopped.",
			"  hermes profile rename coder builder"),
		agents("delete NAME", "Stop a profile's gateway, then delete the profile and the service",
			"Delete a profile. The agent asks for its name, unless --yes is given; end of input changes nothing. A service that\n"+
				"an earlier deletion left behind goes, too."+codes+"\n1 where there is no such profile.",
			"  hermes profile delete coder --yes"))
	return cmd
}

func statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "The agent's status, and the gateways in a crash loop",
		Long: `The agent's status. Where the agent does not know that an init supervises its gateway, as the init is
not PID 1, its lines about the gateway are corrected. Gateways in a crash loop are listed at the end.

Exit codes: those of the agent.`,
		Example: "  docker exec hermes hermes status",
		Run:     func(*cobra.Command, []string) {},
	}
}

func doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "The agent's doctor, with a section about supervision",
		Long: `The agent's doctor. Where the agent does not know that an init supervises its gateway, the section
"s6 Supervision" comes from the front.

Exit codes: those of the agent.`,
		Example: "  docker exec hermes hermes doctor",
		Run:     func(*cobra.Command, []string) {},
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
	}
}
