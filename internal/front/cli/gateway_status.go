package cli

import (
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
)

// gatewayStatus reports what the supervisor knows of the profile's gateway.
//
// contract: GW-20
func (a *app) gatewayStatus() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "status",
		Summary: "Show whether the profile's gateway is up, since when, and what was asked for",
		Detail: `Besides: how often it ended, a crash loop and its next start, and what the agent says about itself and
its platforms.`,
		Example: "hermes gateway status\nhermes -p coder gateway status --json",
		Exits: []command.Exit{
			{Code: "0", Means: "it is up"},
			{Code: "1", Means: "there is no such profile or gateway"},
			{Code: "2", Means: "wrong command line"},
			{Code: "3", Means: "it is down"},
			exitElsewhere(),
		},
		ReadOn: "reference/schemas.md",
	})
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object, schema "+gateway.Schema)
	a.profileFlag(cmd)
	cmd.Flags().Bool("deep", false, "")
	cmd.Flags().BoolP("full", "l", false, "")
	hide(cmd, "deep", "full")
	ignoreHostFlags(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		if !a.initRuns() {
			return a.unsupervised(3)
		}
		name, err := a.profileName()
		if err != nil {
			return err
		}
		other, elsewhere := a.elsewhere()
		report, err := gateway.Inspect(a.scandir, a.home, name, a.Now())
		if _, missing := errors.AsType[*gateway.MissingError](err); missing && elsewhere {
			if !*asJSON {
				return a.refuseElsewhere(a.print, other, profile.CommandLine(name, "gateway status"))
			}
			report, err = gateway.Unsupervised(name), nil
		}
		if elsewhere {
			report.HeldBy = &gateway.HeldBy{Container: other.ID, Hostname: other.Hostname, Text: other.String()}
		}
		report.Supervisors = a.recordedSupervisors()
		switch {
		case a.tooEarly(err):
			return a.stillBooting(3)
		case err != nil && *asJSON: // stdout is for the object
			return err
		case err != nil:
			return a.failed(err)
		case *asJSON:
			if err := json.NewEncoder(a.Stdout).Encode(report); err != nil {
				return err
			}
		default:
			a.print("%s", report.Text())
		}
		if !report.Up() {
			return exitCode(3)
		}
		return nil
	}
	return cmd
}
