package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"caduceus/internal/env"
	"caduceus/internal/front/command"
	"caduceus/internal/front/dashboard"
)

// exitStayDown is the exit code of a finish script that keeps its slot down.
const exitStayDown = exitCode(125)

// containerDashboard is what the service dashboard runs.
//
// contract: DASH-01
func (a *app) containerDashboard() *cobra.Command {
	return hidden("dashboard", "Service: the dashboard, as hermes", func(cmd *cobra.Command, _ []string) error {
		return a.becomeDashboard(cmd.Context())
	})
}

func (a *app) becomeDashboard(ctx context.Context) error {
	start, wanted := dashboard.Decide(a.Environ)
	if !wanted {
		return nil // and containerDashboardEnded keeps the slot down
	}
	for _, line := range start.Lines {
		a.say("%s", line)
	}
	a.Environ = a.Environ.Without(env.ExecAsRoot.String()) // that is for docker exec
	if code := a.dropRoot(); code != 0 {
		return exitCode(code)
	}
	a.enterEnvironment()
	if os.Chdir(string(a.home)) != nil {
		_ = os.Chdir("/") // else the directory that it was called in stays
	}
	return a.becomeFront(ctx, start.Words())
}

// containerDashboardEnded is what the finish script of the service dashboard runs, with its own arguments.
//
// contract: DASH-02
func (a *app) containerDashboardEnded() *cobra.Command {
	cmd := command.New(command.Verb{
		Use: "dashboard-ended CODE [WORD]...", Summary: "Service: whether the dashboard stays down", Hidden: true, Raw: true,
	})
	cmd.RunE = func(_ *cobra.Command, words []string) error {
		stayDown, hint := dashboard.Ended(a.Environ, append(words, "0")[0])
		if hint != "" {
			a.say("%s", hint)
		}
		if stayDown {
			return exitStayDown
		}
		return nil
	}
	return cmd
}
