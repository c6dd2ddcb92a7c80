package cli

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"caduceus/internal/env"
	"caduceus/internal/front/apt"
)

// exitNotMeant is the exit code by which the service's finish script keeps it down.
const exitNotMeant = exitCode(78)

// containerAptHelper is what the service apt-helper runs.
//
// contract: TOOL-14
func (a *app) containerAptHelper() *cobra.Command {
	return hidden("apt-helper", "Service: install packages for hermes", func(cmd *cobra.Command, _ []string) error {
		if a.euid != 0 || !env.AllowApt.On(a.Environ) {
			a.say("the helper that installs packages does not run as uid %d with %s=%q", a.euid, env.AllowApt, a.Environ.Value(env.AllowApt))
			return exitNotMeant
		}
		account, err := a.account()
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		server := apt.Server{
			Socket: a.path(apt.Socket), UID: account.UID, GID: account.GID, Log: a.say,
			Do: func(ctx context.Context, r apt.Request, stdout, stderr io.Writer) int {
				if r.Verb == apt.Install {
					return a.install(ctx, r, stdout, stderr)
				}
				return a.aptRunner().Run(ctx, r, stdout, stderr)
			},
		}
		return server.Serve(ctx, func(ctx context.Context) {
			if err := a.restoreAtBoot(ctx); err != nil {
				a.say("%v", err)
			}
		})
	})
}

// install lists packages before it installs them, so that an installation that is cut short is made again by the next boot, and
// takes them from the list if that fails.
//
// contract: TOOL-15
func (a *app) install(ctx context.Context, r apt.Request, stdout, stderr io.Writer) int {
	var added []string
	unlisted := a.asHermes(func() (err error) {
		added, err = apt.AddToList(a.home.Root(), r.Names)
		return err
	})
	code := a.aptRunner().Run(ctx, r, stdout, stderr)
	switch {
	case code != 0 && ctx.Err() == nil:
		unlisted = a.asHermes(func() error { return apt.TakeFromList(a.home.Root(), added) })
	case code == 0 && unlisted != nil:
		fmt.Fprintf(stderr, "apt-get: installed, but gone with this container: %v\n", unlisted)
	}
	if unlisted != nil {
		a.say("%v", unlisted)
	}
	return code
}

// restoreAtBoot has no client that would read what apt-get prints; its errors go to the log.
func (a *app) restoreAtBoot(ctx context.Context) error {
	names, err := a.listedPackages()
	if err != nil || len(names) == 0 {
		return err
	}
	runner := a.aptRunner()
	runner.Nice = 10
	return a.restore(ctx, names, func(r apt.Request) (int, error) {
		return runner.Run(ctx, r, io.Discard, a.Stderr), ctx.Err()
	})
}
