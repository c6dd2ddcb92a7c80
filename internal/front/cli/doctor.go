package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
	"caduceus/internal/s6"
)

func (a *app) doctorVerb() *cobra.Command {
	return a.ofAgent(command.Verb{
		Use:     "doctor",
		Summary: "Run the agent's doctor, with a section about supervision",
		Detail: `Where the agent does not know that an init supervises its gateway, the section "s6 Supervision" comes from
the front. "hermes container doctor" examines the container.`,
		Example: "docker exec hermes hermes doctor",
		Exits:   []command.Exit{{Code: "all", Means: "those of the agent"}},
		ReadOn:  "operate/troubleshooting.md",
	}, a.doctor)
}

// doctor is the agent's `hermes doctor`. Where the agent does not know the init, as that is not PID 1, the
// section about supervision comes from here.
//
// contract: STATUS-03
func (a *app) doctor(ctx context.Context, _ []string) error {
	if !a.initRuns() || a.agentKnows() {
		return a.becomeAgent()
	}
	code, err := a.runAgent(ctx, nil)
	a.print("\n◆ s6 Supervision")
	for _, line := range a.supervision() {
		a.print("  %s", line)
	}
	return firstError(err, ended(code))
}

// supervision is the section's lines, in the agent's words.
func (a *app) supervision() []string {
	var lines []string
	for _, static := range []string{"main-hermes", "dashboard"} {
		if status, err := s6.ReadStatus(filepath.Join(a.scandir.Path, static)); err == nil && status.Up() {
			lines = append(lines, fmt.Sprintf("✓ %s: up", static))
		} else {
			lines = append(lines, fmt.Sprintf("→ %s: down (expected if not enabled via env)", static))
		}
	}
	names, err := a.scandir.Profiles()
	if err != nil || len(names) == 0 {
		return append(lines, "→ No per-profile gateways registered yet")
	}
	up := 0
	for _, name := range names {
		if r, err := gateway.Inspect(a.scandir, a.home, name, a.Now()); err == nil && r.Up() {
			up++
		}
	}
	return append(lines, fmt.Sprintf("✓ Per-profile gateways: %d/%d supervised up (%s)", up, len(names), strings.Join(names, ", ")))
}
