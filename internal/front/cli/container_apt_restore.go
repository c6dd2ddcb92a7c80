package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"caduceus/internal/env"
	"caduceus/internal/front/apt"
	"caduceus/internal/front/command"
)

// containerAptRestore installs what the list on the volume names: packages go with their container.
//
// contract: TOOL-15
func (a *app) containerAptRestore() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "apt-restore",
		Summary: "Install again the Debian packages that hermes had installed",
		Detail: `They are those of ` + apt.ListName + ` in the data directory, one a line. It needs root, or a container with
` + env.AllowApt.String() + `=1, which does it at each boot.`,
		Example: "docker exec -u 0 hermes /opt/hermes/bin/hermes container apt-restore",
		Exits: []command.Exit{
			{Code: "0", Means: "all are installed"}, {Code: "1", Means: "not all are"}, {Code: "2", Means: "wrong command line"},
		},
		ReadOn: "guide/tools.md",
	})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.aptRestore(cmd.Context()) }
	return cmd
}

func (a *app) aptRestore(ctx context.Context) error {
	names, err := a.listedPackages()
	if err != nil {
		return err
	}
	return a.restore(ctx, names, func(r apt.Request) (int, error) {
		if a.euid == 0 {
			return a.aptRunner().Run(ctx, r, a.Stdout, a.Stderr), nil
		}
		code, err := a.askApt(ctx, r)
		if err != nil {
			err = errors.New(a.whyNoApt(err))
		}
		return code, err
	})
}

func (a *app) restore(ctx context.Context, names []string, do func(apt.Request) (int, error)) error {
	installed, err := a.aptRunner().Installed(ctx)
	if err != nil {
		return err
	}
	return apt.Restore(ctx, names, installed, do, a.say)
}

func (a *app) listedPackages() ([]string, error) {
	var names, skipped []string
	err := a.asHermes(func() (err error) {
		names, skipped, err = apt.ReadList(a.home.Root())
		return err
	})
	for _, line := range skipped {
		a.say("%s: ignoring %s: not the plain name of a package", apt.ListName, line)
	}
	return names, err
}
