package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/env"
	"caduceus/internal/front/apt"
	"caduceus/internal/front/maincmd"
	"caduceus/internal/identity"
)

// aptGet is the front called as apt-get or apt. Root gets the real program, and so does everybody for what
// needs no root. The helper, which is root, updates and installs for anybody else.
//
// contract: TOOL-12
func (a *app) aptGet(ctx context.Context, name string) error {
	r, ignored, ours := apt.ParseCommand(a.args)
	if a.euid == 0 || !ours {
		return a.becomeProgram(maincmd.Program{Path: a.path("/usr/bin/" + name), Argv: append([]string{name}, a.args...)})
	}
	code, err := a.askApt(ctx, r)
	if err != nil {
		a.say("%s: %s", name, a.whyNoApt(err))
		return exitCode(apt.CodeFailed)
	}
	if ignored != "" {
		a.say("%s: %s was ignored: for hermes, packages come with what they recommend", name, ignored)
	}
	return ended(code)
}

func (a *app) askApt(ctx context.Context, r apt.Request) (int, error) {
	socket := a.path(apt.Socket)
	if readOnly(a.path("/usr")) {
		return apt.CodeFailed, unix.EROFS
	}
	if _, err := os.Stat(socket); err != nil {
		return apt.CodeFailed, err
	}
	return apt.Ask(ctx, socket, r, a.Stdout, a.Stderr)
}

// whyNoApt is the line about an error of askApt: what to do about it.
func (a *app) whyNoApt(err error) string {
	absent := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED)
	if errors.Is(err, unix.EROFS) {
		return "the root file system is read-only: build a derived image (FROM this one, RUN apt-get …)"
	}
	const others = `run "docker exec -u 0 CONTAINER apt-get …" or build a derived image (FROM this one, RUN apt-get …)`
	switch {
	case absent && a.aptAllowed():
		return "the helper that installs packages does not run; it needs a container started as root, and its log says more. Else " + others
	case absent:
		return "hermes may not install packages in this container: start it with " + env.AllowApt.String() + "=1, " + others
	case errors.Is(err, fs.ErrPermission):
		return "only hermes may install packages with " + env.AllowApt.String() + "; " + others
	}
	return err.Error()
}

// readOnly reports whether nothing in a file system can be changed.
func readOnly(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) == nil && fs.Flags&unix.ST_RDONLY != 0
}

// aptAllowed reports whether the container was started with the variable, which a command of the agent may
// not have in its own environment.
func (a *app) aptAllowed() bool {
	return env.AllowApt.On(a.Environ) || env.AllowApt.Yes(env.ReadOne(a.path(env.Dir), env.AllowApt))
}

func (a *app) aptRunner() apt.Runner {
	return apt.Runner{Dir: a.path("/usr/bin"), Proxy: a.Environ}
}

// asHermes runs fn with the file rights of hermes, who owns the list of packages and may have put a link there.
func (a *app) asHermes(fn func() error) (err error) {
	if a.euid != 0 {
		return fn()
	}
	account, err := a.account()
	if err != nil {
		return err
	}
	unable := identity.As(account, func() { err = fn() })
	return errors.Join(unable, err)
}
