package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
)

// gatewayStatus reports what the supervisor knows of the profile's gateway.
//
// contract: GW-20, SLOT-07
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
			writeReport(a.Stdout, report)
		}
		if !report.Up() {
			return exitCode(3)
		}
		return nil
	}
	return cmd
}

// writeReport prints a report for people, one fact a line.
func writeReport(w io.Writer, r gateway.Report) {
	line := func(label, format string, v ...any) {
		fmt.Fprintf(w, "  %-12s %s\n", label+":", fmt.Sprintf(format, v...))
	}
	mark := "✗"
	if r.Up() {
		mark = "✓"
	}
	fmt.Fprintf(w, "%s %s is %s\n", mark, r.Slot, r.State)
	if r.PID != 0 {
		line("PID", "%d", r.PID)
		line("Uptime", "%s", time.Duration(r.UptimeSeconds)*time.Second)
	}
	if r.LastExit != "" {
		line("Last exit", "%s, %s ago", r.LastExit, time.Duration(r.DownSeconds)*time.Second)
	}
	line("Wanted", "%s", r.Wanted)
	if r.Intent != "" {
		line("Intent", "%s", r.Intent)
	}
	line("Restarts", "%d", r.Restarts)
	loop := "no"
	if r.CrashLoop != nil {
		loop = crashText(*r.CrashLoop)
	}
	line("Crash loop", "%s", loop)
	if r.Agent != "" {
		line("Agent says", "%s", printable(r.Agent))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Platforms)) {
		line("Platform", "%s %s", printable(name), printable(r.Platforms[name]))
	}
}

// printable keeps what a foreign file says from moving the cursor.
func printable(s string) string {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return strconv.Quote(s)
	}
	return s
}

func crashText(c gateway.Crash) string {
	return fmt.Sprintf("%d ends in a row, next start in %s", c.Deaths, time.Duration(c.NextStartInSeconds)*time.Second)
}
