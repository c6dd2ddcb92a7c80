package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
)

const doctorSchema = "caduceus.doctor/v1"

// doctorReport is what doctor prints with --json.
type doctorReport struct {
	Schema   string    `json:"schema"`
	Findings []finding `json:"findings"`

	Supervisors *gateway.Supervisors `json:"supervisors,omitempty" schema:"doc=who supervises the services"`
}

// finding is one thing that is wrong with the container.
type finding struct {
	Object string `json:"object" schema:"pattern=.;doc=what is wrong"`
	Cause  string `json:"cause" schema:"pattern=.;doc=why"`
	Fix    string `json:"fix" schema:"pattern=.;doc=what mends it"`
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

// adder takes one finding.
type adder func(object, cause, fix string)

// findings looks at the init, the image, the variables, the volume, each profile, and what is wanted up.
func (a *app) findings(ctx context.Context) []finding {
	found := []finding{}
	add := func(object, cause, fix string) { found = append(found, finding{object, cause, fix}) }
	a.findImage(add)
	a.findVariables(add)
	a.findVolume(add)
	a.findPath(add)
	a.findPing(add)
	names, warnings := a.home.Names()
	for _, w := range warnings {
		add("profiles", w, "rename or remove that directory")
	}
	for _, name := range names {
		a.findProfile(add, name)
	}
	for _, r := range a.wantedUp() {
		if ok, reason := r.Verdict(); !ok {
			add(r.Slot, reason, "docker logs this container; then "+commandLine(r.Profile, "gateway restart"))
		}
	}
	if ok, reason := a.dashboardIfWanted(ctx); !ok {
		add("dashboard", reason, "docker logs this container; one that has just started needs some seconds")
	}
	return found
}
