package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/doctor"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/versions"
)

const doctorSchema = "caduceus.doctor/v1"

// doctorReport is what doctor prints with --json.
type doctorReport struct {
	Schema   string           `json:"schema"`
	Findings []doctor.Finding `json:"findings"`

	Supervisors *gateway.Supervisors `json:"supervisors,omitempty" schema:"doc=who supervises the services"`
}

// containerDoctor lists what is wrong and how to mend it.
//
// contract: STATUS-04
func (a *app) containerDoctor() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "doctor",
		Summary: "List what is wrong with this container, each with its cause and a fix",
		Detail: `It looks at the init, the agent, the volume and who else uses it, each profile's files and gateway, the
dashboard if one is wanted, and variables that are misspelt.`,
		Example: "docker exec hermes hermes container doctor",
		Exits: []command.Exit{
			{Code: "0", Means: "nothing is wrong"}, {Code: "1", Means: "something is"}, {Code: "2", Means: "wrong command line"},
		},
		ReadOn: "guide/troubleshooting.md",
	})
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object, schema "+doctorSchema)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		findings := a.findings(cmd.Context())
		switch {
		case *asJSON:
			if err := json.NewEncoder(a.Stdout).Encode(doctorReport{doctorSchema, findings, a.recordedSupervisors()}); err != nil {
				return err
			}
		case len(findings) == 0:
			a.print("✓ nothing found")
			if s := a.recordedSupervisors(); s != nil && s.User != s.Init {
				a.print("  supervisors: PID %d for root, PID %d for hermes, started %s", s.Init, s.User, times(s.UserStarts))
			}
		default:
			for _, f := range findings {
				a.print("✗ %s: %s\n  fix: %s", f.Object, f.Cause, f.Fix)
			}
		}
		if len(findings) > 0 {
			return exitCode(1)
		}
		return nil
	}
	return cmd
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// findings are what the doctor finds in this container.
func (a *app) findings(ctx context.Context) []doctor.Finding {
	c := doctor.Container{
		Root: a.Root, Environ: a.Environ, Home: a.home, Scandir: a.scandir,
		Supervised: a.initRuns(),
		Gateways:   a.wantedUp(),
		Dashboard:  func() (bool, string) { return a.dashboardIfWanted(ctx) },
		Parts:      versions.Of(a.Root).Parts(ctx),
	}
	if c.Supervised {
		c.Supervisors = a.supervisors()
	}
	return doctor.Find(ctx, c)
}
