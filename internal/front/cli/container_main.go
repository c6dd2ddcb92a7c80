package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"caduceus/internal/env"
	"caduceus/internal/front/bootlog"
	"caduceus/internal/front/command"
	"caduceus/internal/front/maincmd"
	"caduceus/internal/front/toolcache"
	"caduceus/internal/identity"
	"caduceus/internal/launch"
)

// frontPath is the front's own program.
const frontPath = "/opt/hermes/bin/hermes"

// yieldsPath is the list that containerPrograms made.
const yieldsPath = "/opt/hermes/docker/subcommand-programs"

// containerMain is the container's main program, which main-wrapper.sh executes: it drops root, enters its
// working directory, and becomes what the words of CMD name.
//
// contract: CMD-01
func (a *app) containerMain() *cobra.Command {
	cmd := command.New(command.Verb{Use: "main [WORD]...", Summary: "The container's main program", Hidden: true, Raw: true})
	cmd.RunE = func(cmd *cobra.Command, words []string) error { return a.inContainer().main(cmd.Context(), words) }
	return cmd
}

// inContainer is this call with the environment of the container, as with-contenv gives it. Where there was no boot, that is
// its own.
//
// contract: ENV-02
func (a *app) inContainer() *app {
	environ, err := env.OfContainer(a.path(env.Dir), a.called.Environ)
	if errors.Is(err, fs.ErrNotExist) {
		return a
	}
	if err != nil {
		a.say("[hermes] Warning: %v", err)
	}
	if environ == nil {
		return a
	}
	call := a.called
	call.Environ = environ
	return newApp(call)
}

func (a *app) main(ctx context.Context, words []string) error {
	if err := a.enterContainer(); err != nil {
		return err
	}
	a.chdir()
	p := maincmd.Choose(words,
		func(name string) []string { return launch.FindAll(name, a.Environ.Get("PATH")) }, a.yields(), launch.Executable)
	switch {
	case p.Code == launch.NotFound:
		a.say("[hermes] ERROR: %s: no such program", p.Path)
		return exitCode(p.Code)
	case p.Code == launch.NotExecutable:
		a.say("[hermes] ERROR: %s: not executable", p.Path)
		return exitCode(p.Code)
	case p.Path != "" && a.isFront(p.Path):
		return a.becomeFront(ctx, p.Argv[1:])
	case p.Path != "":
		return a.becomeProgram(p)
	}
	return a.becomeFront(ctx, p.Argv)
}

// isFront reports whether a program is this one, under whatever path.
func (a *app) isFront(path string) bool {
	leads, err := filepath.EvalSymlinks(path)
	return err == nil && leads == a.path(frontPath)
}

// becomeFront serves the words as a front that was called by who this process is now.
func (a *app) becomeFront(ctx context.Context, words []string) error {
	front := a.Env
	front.Args, front.Environ, front.StartUID = append([]string{"hermes"}, words...), a.Environ, a.euid
	front.MainProgram = true
	return ended(Run(ctx, front))
}

// enterContainer becomes hermes and prepares the environment of any main program.
func (a *app) enterContainer() error {
	account, err := a.account()
	if err != nil {
		return err
	}
	if err := identity.CheckStartUID(a.euid, account, a.Environ); err != nil {
		a.say("%v", err)
		return exitCode(1)
	}
	if a.euid != 0 {
		err = a.Drop(identity.Account{Name: "uid " + strconv.Itoa(a.euid), UID: uint32(a.euid)})
	} else if err = a.become(account); err != nil {
		err = fmt.Errorf("refusing to run the main program as root: %w", err)
	}
	if err != nil {
		a.say("[hermes] ERROR: %v", err)
		return exitCode(launch.NotExecutable)
	}
	a.enterEnvironment()
	a.keepBootLog()
	return nil
}

// keepBootLog puts what the boot printed on the volume. A volume that takes nothing has been named by the boot.
//
// contract: BOOT-23
func (a *app) keepBootLog() {
	text, err := os.ReadFile(a.path(env.BootLog))
	if err == nil && len(text) > 0 {
		_ = bootlog.Append(a.path(a.home.Root()), bootlog.Whole, text)
	}
}

// enterEnvironment sets what a program of hermes finds in its environment, whoever started the container.
//
// contract: ENV-07
func (a *app) enterEnvironment() {
	a.setenv("HOME", a.home.Root())
	a.setenv("VIRTUAL_ENV", env.VenvDir)
	a.setenv("PATH", env.UserPath(env.MainPath(a.Environ.Get("PATH")), a.home.Root()))
	a.nameCaches()
}

// nameCaches tells npm and uv where their caches are if that is not where the image's configuration says.
//
// contract: TOOL-19
func (a *app) nameCaches() {
	if a.euid == 0 || !toolcache.Find(a.Root, a.home.Root()).Moved {
		return
	}
	for _, c := range toolcache.Caches() {
		if a.Environ.Value(c.Variable) == "" {
			a.setenv(c.Variable.String(), filepath.Join(a.home.Root(), toolcache.Rel, c.Dir))
		}
	}
}

// chdir enters the directory that HERMES_ORIG_CWD names; without one it stays where it was called.
//
// contract: CMD-06
func (a *app) chdir() {
	dir := a.Environ.Value(env.WorkDir)
	if dir == "" {
		return
	}
	err := errors.New("not an absolute path")
	if filepath.IsAbs(dir) {
		err = os.Chdir(dir)
	}
	if err != nil {
		a.say("[hermes] %s=%s is ignored (%v); staying where docker run -w says", env.WorkDir, env.Shown(dir), reason(err))
	}
}

// reason is an error without the path, which its line has already.
func reason(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

// yields lists the programs that give way to a subcommand. Without a list none does.
func (a *app) yields() []string {
	f, err := os.Open(a.path(yieldsPath))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	return maincmd.ReadYields(f)
}

// becomeProgram replaces this process.
//
// contract: CMD-08
func (a *app) becomeProgram(p maincmd.Program) error {
	err := a.Exec(p.Path, p.Argv, a.Environ)
	if err == nil {
		return nil // a test's Exec
	}
	a.say("[hermes] ERROR: cannot execute %s: %v", p.Path, err)
	return exitCode(launch.ErrorCode(err))
}
