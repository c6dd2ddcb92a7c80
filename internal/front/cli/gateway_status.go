package cli

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
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
			return a.becomeAgent()
		}
		name, err := a.profileName()
		if err != nil {
			return err
		}
		report, err := gateway.Inspect(a.scandir, a.home, name, a.Now())
		report.Supervisors = a.recordedSupervisors()
		switch {
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
