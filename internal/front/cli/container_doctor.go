package cli

import (
	"context"
	"encoding/json"
	"os"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/doctor"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/mounts"
	"caduceus/internal/front/versions"
)

const doctorSchema = "caduceus.doctor/v1"

// doctorReport is what doctor prints with --json.
type doctorReport struct {
	Schema   string           `json:"schema"`
	Findings []doctor.Finding `json:"findings" schema:"doc=what is wrong"`
	Notes    []doctor.Finding `json:"notes" schema:"doc=what works, and may be a surprise"`

	Supervisors *gateway.Supervisors `json:"supervisors,omitempty" schema:"doc=who supervises the services"`
}

// containerDoctor lists what is wrong and how to mend it.
//
// contract: STATUS-04
func (a *app) containerDoctor() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "doctor",
		Summary: "List what is wrong with this container, each with its cause and a fix",
		Detail: `It looks at the init, the agent, the volume and who else uses it, mounts and variables that an older
deployment left, each profile's files and gateway, the dashboard if one is wanted, and variables that are misspelt.

A container that does not start is looked at by a second one with the same options and the command "container
doctor": it boots nothing, starts no gateway and changes nothing on the volume.`,
		Example: "docker exec hermes hermes container doctor\ndocker run --rm -v ~/.hermes:/opt/data \"$IMAGE\" container doctor",
		Exits: []command.Exit{
			{Code: "0", Means: "nothing is wrong"}, {Code: "1", Means: "something is"}, {Code: "2", Means: "wrong command line"},
		},
		ReadOn: "operate/troubleshooting.md",
	})
	var look doctorLook
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object, schema "+doctorSchema)
	cmd.Flags().BoolVar(&look.noBoot, "no-boot", false, "the container was started for this alone")
	cmd.Flags().StringVar(&look.refused, "refused", "", "why the init does not start")
	hide(cmd, "no-boot", "refused")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.doctorReport(cmd.Context(), look, *asJSON)
	}
	return cmd
}

// doctorLook is what /init hands to the doctor that it becomes in place of a boot.
type doctorLook struct {
	noBoot  bool
	refused string
}

func (a *app) doctorReport(ctx context.Context, look doctorLook, asJSON bool) error {
	c := a.examined(ctx, look)
	r := doctorReport{Schema: doctorSchema, Findings: doctor.Find(ctx, c, doctor.Checks()), Notes: doctor.Find(ctx, c, doctor.Notes())}
	if !look.noBoot {
		r.Supervisors = a.recordedSupervisors()
	}
	if asJSON {
		if err := json.NewEncoder(a.Stdout).Encode(r); err != nil {
			return err
		}
	} else {
		a.printReport(r)
	}
	if len(r.Findings) > 0 {
		return exitCode(1)
	}
	return nil
}

func (a *app) printReport(r doctorReport) {
	for _, f := range r.Findings {
		a.print("✗ %s: %s\n  fix: %s", f.Object, f.Cause, f.Fix)
	}
	if len(r.Findings) == 0 {
		a.print("✓ no problems found")
		if s := r.Supervisors; s != nil && s.User != s.Init {
			a.print("  supervisors: PID %d for root, PID %d for hermes, started %s", s.Init, s.User, doctor.Times(s.UserStarts))
		}
	}
	for _, n := range r.Notes {
		a.print("→ %s: %s\n  to change that: %s", n.Object, n.Cause, n.Fix)
	}
}

// examined is this container, for the doctor.
func (a *app) examined(ctx context.Context, look doctorLook) doctor.Container {
	c := doctor.Container{
		Root: a.Root, Environ: a.called.Environ, UID: a.euid, Capabilities: doctor.Capabilities(), Home: a.home, Scandir: a.scandir,
		NoBoot: look.noBoot, Refused: look.refused, Parts: versions.Of(a.Root).Parts(ctx),
	}
	c.WorkDir, _ = os.Getwd() // one that is gone is nobody's project
	if a.Root == "" {
		c.Mounts = mounts.Table()
	}
	if look.noBoot {
		return c
	}
	c.Supervised = a.initRuns()
	asked := a.look()
	c.Gateways, c.AskedFor, c.Now = asked.Gateways(), asked.Verdicts(ctx), asked.Now
	c.NoGateways = a.ofDashboard()
	if c.Supervised {
		c.Supervisors = a.supervisors()
	}
	return c
}
