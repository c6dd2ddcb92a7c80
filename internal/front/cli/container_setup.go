package cli

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"caduceus/internal/cmdline"
	"caduceus/internal/env"
	"caduceus/internal/front/maincmd"
	"caduceus/internal/front/profile"
	"caduceus/internal/front/reconcile"
	"caduceus/internal/front/setup"
	"caduceus/internal/identity"
	"caduceus/internal/launch"
)

func (a *app) containerSetup() *cobra.Command {
	return hidden("setup", "The boot script 01-hermes-setup: users, volume, seeds", func(cmd *cobra.Command, _ []string) error {
		return ended(setup.Run(cmd.Context(), a.setupEnv()))
	})
}

func (a *app) setupEnv() setup.Env {
	return setup.Env{
		Environ: a.called.Environ, Stdout: a.Stdout, Stderr: a.Stderr, Root: a.Root,
		OwnProfile:   a.ownProfile,
		WantsGateway: func(hermes identity.Account) bool { return reconcile.Wants(a.reconcileOptions(hermes)) },
	}
}

// ownProfile names the container's own profile below home: the one that CMD means, if CMD is a command line of hermes that
// means one, else the one whose directory HERMES_HOME is.
//
// contract: INH-01
func (a *app) ownProfile(home profile.Home) string {
	if words, ours := a.commandOfHermes(home); ours {
		if name, err := profile.Resolve(profile.Parse(words), home, false); err == nil {
			return name
		}
	}
	name, _ := profile.Resolve(profile.Selection{}, home, true) // without a selection there is no error
	return name
}

// commandOfHermes returns the words of CMD as a command line of hermes, and false if CMD runs another program.
func (a *app) commandOfHermes(home profile.Home) (words []string, ours bool) {
	words, _ = env.ReadCommand(a.path(env.CommandFile)) // no init: no CMD that it runs
	words, ok := cmdline.Behind(words)
	if !ok {
		return nil, false
	}
	path := env.UserPath(env.MainPath(a.Environ.Get("PATH")), home.Root())
	p := maincmd.Choose(words, func(name string) []string { return launch.FindAll(name, path) }, a.yields(), launch.Executable)
	switch {
	case p.Path == "" && p.Code == 0:
		return words, true
	case filepath.Base(p.Path) == "hermes":
		return words[1:], true
	}
	return nil, false
}
