package cli

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"caduceus/internal/front/bootrecord"
	"caduceus/internal/front/command"
	"caduceus/internal/front/versions"
	"caduceus/internal/record"
)

const versionSchema = "caduceus.version/v1"

// versionReport is what version prints with --json.
type versionReport struct {
	Schema   string          `json:"schema"`
	Image    string          `json:"image" schema:"doc=version of the image"`
	Revision string          `json:"revision" schema:"doc=of the source that the image was built from"`
	Variant  string          `json:"variant" schema:"doc=full or slim"`
	Agent    string          `json:"agent,omitempty" schema:"doc=version of Hermes Agent"`
	Init     string          `json:"init,omitempty" schema:"doc=version of the init that runs"`
	Contract int             `json:"contract" schema:"doc=version of the contract that the image keeps"`
	Parts    []versions.Part `json:"parts" schema:"minItems=1;doc=the agent and what is below it"`
}

// containerVersion lists what the container consists of.
//
// contract: BELOW-03
func (a *app) containerVersion() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "version",
		Summary: "List the versions of the image, the agent and what is below it",
		Detail: `Each part is asked itself, so that the list is also true in an image of yours. SQLite is the one that the
agent's Python has.`,
		Example: "docker run --rm hermes-agent:dev container version",
		Exits: []command.Exit{
			{Code: "0", Means: "all are known"}, {Code: "1", Means: "a part does not answer"}, {Code: "2", Means: "wrong command line"},
		},
		ReadOn: "operate/below.md",
	})
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object, schema "+versionSchema)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		report := a.versions(cmd.Context())
		if *asJSON {
			if err := json.NewEncoder(a.Stdout).Encode(report); err != nil {
				return err
			}
		} else {
			a.print("%-14s%s (%s, revision %s)", "image", report.Image, report.Variant, report.Revision)
			a.print("%-14s%s", "init", cmp.Or(report.Init, "none runs"))
			a.print("%-14s%d", "contract", report.Contract)
		}
		known := true
		for _, p := range report.Parts {
			line := p.Version
			if p.Problem != "" {
				known, line = false, "unknown: "+p.Problem
			}
			if !*asJSON {
				a.print("%-14s%s", p.Name, line)
			}
		}
		if !known {
			return exitCode(1)
		}
		return nil
	}
	return cmd
}

func (a *app) versions(ctx context.Context) versionReport {
	root := versions.Of(a.Root)
	image, parts := root.Image(a.Version), root.Parts(ctx)
	report := versionReport{
		Schema: versionSchema, Image: image.Version, Revision: image.Revision, Variant: image.Variant, Agent: parts[0].Version,
		Contract: versions.Contract, Parts: parts,
	}
	if boot, _, err := bootrecord.Read(a.path(record.Dir)); err == nil {
		report.Init = boot.Version
	}
	return report
}
