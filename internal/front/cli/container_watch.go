package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"caduceus/internal/front/loggers"
	"caduceus/internal/front/reconcile"
	"caduceus/internal/front/setup"
	"caduceus/internal/front/volumelock"
	"caduceus/internal/launch"
)

// containerWatch is what the slot main-hermes runs, for as long as the container lives.
//
// contract: RUN-10
func (a *app) containerWatch() *cobra.Command {
	const summary = "Service: hold the volume, and keep slots in step with the profiles"
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
	hold := holder{a: a, self: volumelock.Self()}
	defer hold.release()
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
		hold.claim()
		look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// holder is this container's claim to the volume, which another one may hold.
type holder struct {
	a      *app
	self   volumelock.Container
	file   *os.File
	warned bool
}

// claim takes the volume if it is free. Where another container was faster while both booted, it warns,
// unless setup has done so.
//
// contract: RUN-10
func (h *holder) claim() {
	if h.file != nil {
		return
	}
	root := h.a.home.Root()
	var err error
	if h.file, err = volumelock.Take(root, h.self); err == nil || h.warned {
		return
	}
	other, found := volumelock.Other(root, h.self)
	if !found {
		return
	}
	h.warned = true
	if _, err := os.Stat(h.a.path(setup.SharedMark)); err != nil {
		h.a.say("[hermes] Warning: %s", volumelock.Warning(root, other))
	}
}

func (h *holder) release() {
	if h.file != nil {
		_ = h.file.Close()
	}
}
