package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"caduceus/internal/front/agentstatus"
	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
)

func (a *app) statusVerb() *cobra.Command {
	return a.ofAgent(command.Verb{
		Use:     "status",
		Summary: "Show the agent's status, and the gateways in a crash loop",
		Detail: `Where the agent does not know that an init supervises its gateway, as the init is not PID 1, its lines about
the gateway are corrected. Gateways in a crash loop are listed at the end.`,
		Example: "docker exec hermes hermes status",
		Exits:   []command.Exit{{Code: "all", Means: "those of the agent"}},
		ReadOn:  "guide/gateway.md",
	}, a.status)
}

// status is the agent's `hermes status`. Where the agent does not know the init, as that is not PID 1, its
// section about the gateway is corrected. Gateways in a crash loop are listed after it, and then the
// other container that has the gateways of this volume.
//
// contract: STATUS-02
func (a *app) status(ctx context.Context, _ []string) error {
	if !a.initRuns() {
		return a.becomeAgent()
	}
	loops := a.crashLoops()
	knows := a.agentKnows()
	other, elsewhere := a.elsewhere()
	if knows && len(loops) == 0 && !elsewhere {
		return a.becomeAgent()
	}
	var corrected io.Writer
	var corrector *agentstatus.Corrector
	if !knows {
		name, err := a.profileName()
		if err != nil {
			return err
		}
		report, err := gateway.Inspect(a.scandir, a.home, name, a.Now())
		corrector = &agentstatus.Corrector{Out: a.Stdout, Report: report, Slot: err == nil}
		corrected = corrector
	}
	code, err := a.runAgent(ctx, corrected)
	if corrector != nil {
		corrector.Flush()
	}
	if len(loops) > 0 {
		a.print("\n◆ Crash Loops")
		for _, r := range loops {
			a.print("  %s: %s, last %s", r.Slot, r.CrashLoop, r.LastExit)
		}
	}
	if elsewhere {
		a.print("\n◆ Other Container\n  The gateways of %s run in another one, %s: docker exec %s hermes status", a.home.Root(), other, other.Name())
	}
	return firstError(err, ended(code))
}

func (a *app) crashLoops() []gateway.Report {
	names, _ := a.scandir.Profiles() // a scandir that cannot be read has none
	var loops []gateway.Report
	for _, name := range names {
		if r, err := gateway.Inspect(a.scandir, a.home, name, a.Now()); err == nil && r.CrashLoop != nil {
			loops = append(loops, r)
		}
	}
	return loops
}
