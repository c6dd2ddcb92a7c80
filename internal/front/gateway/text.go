package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// shownEnds is how many of the last ends are shown to people.
const shownEnds = 3

// Text is the report for people, one fact a line.
//
// contract: GW-20
func (r Report) Text() string {
	mark := "✗"
	if r.Up() {
		mark = "✓"
	}
	lines := []string{fmt.Sprintf("%s %s is %s", mark, r.Slot, r.State)}
	line := func(label, format string, v ...any) {
		lines = append(lines, fmt.Sprintf("  %-12s %s", label+":", fmt.Sprintf(format, v...)))
	}
	if r.PID != 0 {
		line("PID", "%d", r.PID)
		line("Uptime", "%s", time.Duration(r.UptimeSeconds)*time.Second)
	}
	switch {
	case r.LastExit != "" && !r.Up():
		line("Last exit", "%s, %s ago", r.LastExit, time.Duration(r.DownSeconds)*time.Second)
	case r.LastExit != "":
		line("Last exit", "%s", r.LastExit)
	}
	for _, end := range r.LastEnds[:min(len(r.LastEnds), shownEnds)] {
		line("Ended", "%s %s", end.At.Format(time.RFC3339), end)
	}
	if r.HeldBy != nil {
		line("Held by", "another container, %s, has the gateways of this volume", r.HeldBy.Text)
	}
	line("Wanted", "%s", r.Wanted)
	if r.Intent != "" {
		line("Intent", "%s", r.Intent)
	}
	line("Restarts", "%d", r.Restarts)
	loop := "no"
	if r.CrashLoop != nil {
		loop = r.CrashLoop.String()
	}
	line("Crash loop", "%s", loop)
	if r.StartFailure != nil {
		line("No start", "%s", r.StartFailure)
	}
	if healthy, reason := r.Verdict(); !healthy && r.AskedFor() {
		line("Unhealthy", "it %s", reason)
		line("Fix", "%s", r.Fix())
	}
	if r.Agent != "" {
		line("Agent says", "%s", printable(r.Agent))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Platforms)) {
		line("Platform", "%s %s", printable(name), printable(r.Platforms[name]))
	}
	return strings.Join(lines, "\n")
}

// String is the crash loop in words.
func (c Crash) String() string {
	return fmt.Sprintf("%d ends in a row, next start in %s", c.Deaths, time.Duration(c.NextStartInSeconds)*time.Second)
}

// printable returns s, quoted where it could move the cursor: it comes from a file of the agent.
func printable(s string) string {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return strconv.Quote(s)
	}
	return s
}
