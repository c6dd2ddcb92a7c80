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

// Verdict reports whether a gateway that is wanted up is healthy, and why, or why not.
//
// contract: HEALTH-02
func (r Report) Verdict() (healthy bool, reason string) {
	const grace = 60 // seconds for which a start may take
	switch {
	case r.CrashLoop != nil:
		return false, "is in a crash loop: " + r.CrashLoop.String()
	case !r.Up():
		return false, "is " + r.State
	}
	var fatal, retrying []string
	for _, name := range slices.Sorted(maps.Keys(r.Platforms)) {
		switch r.Platforms[name] {
		case "fatal":
			fatal = append(fatal, printable(name))
		case "retrying":
			retrying = append(retrying, "retrying "+printable(name))
		}
	}
	switch {
	case len(fatal) == 1:
		return false, "has a fatal platform: " + fatal[0]
	case len(fatal) > 1:
		return false, "has fatal platforms: " + strings.Join(fatal, ", ")
	}
	switch r.Agent {
	case "running", "draining", "degraded":
		return true, strings.Join(append([]string{r.Agent}, retrying...), ", ")
	}
	if r.UptimeSeconds <= grace {
		return true, "starts"
	}
	return false, fmt.Sprintf("is up for %d seconds, but the agent says %q", r.UptimeSeconds, r.Agent)
}

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
		loop = r.CrashLoop.String()
	}
	line("Crash loop", "%s", loop)
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
