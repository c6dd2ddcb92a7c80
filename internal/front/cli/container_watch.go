package cli

import (
	"context"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"caduceus/internal/front/loggers"
	"caduceus/internal/front/reconcile"
	"caduceus/internal/launch"
)

// containerWatch is what the slot main-hermes runs, for as long as the container lives.
//
// contract: PROF-05
func (a *app) containerWatch() *cobra.Command {
	const summary = "Service: keep slots in step with the profiles"
	return hidden("watch", summary, func(cmd *cobra.Command, _ []string) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		return a.watch(ctx)
	})
}

func (a *app) watch(ctx context.Context) error {
	account, err := a.account()
	if err != nil {
		return err
	}
	if a.euid == 0 {
		if err := a.become(account); err != nil {
			a.say("main-hermes: refusing to run as root: %v", err)
			return exitCode(launch.NotExecutable)
		}
	}
	look := func(context.Context) {}
	if a.initRuns() && !reconcile.Skips(a.reconcileOptions(account)) {
		follower, tender := reconcile.NewFollower(a.reconcileOptions(account), a.say), loggers.NewTender(a.scandir, a.home, a.say)
		look = func(ctx context.Context) {
			follower.Look(ctx)
			tender.Look()
		}
	}
	tick := time.NewTicker(reconcile.Interval)
	defer tick.Stop()
	for {
		look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
