package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/front/bootrecord"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/imageenv"
	"caduceus/internal/front/profile"
	"caduceus/internal/identity"
	"caduceus/internal/launch"
	"caduceus/internal/record"
	"caduceus/internal/s6"
	"caduceus/internal/stdio"
)

// Files of the image, and of the running container, that the front looks at.
const (
	agentPath     = "/opt/hermes/libexec/hermes"
	svcPath       = "/command/s6-svc"
	setuidgidPath = "/command/s6-setuidgid"
	commPath      = "/proc/1/comm"
	basedirPath   = "/run/s6/basedir"
	hookPath      = "/opt/hermes/libexec/container_env.py"
)

// Env is the process that a call of the front runs in. Tests set the fields that main leaves zero.
type Env struct {
	Args     []string // with the program's name
	Environ  env.Environ
	Stdin    *os.File
	Stdout   *os.File
	Stderr   *os.File
	StartUID int    // the effective uid that it was called with
	Version  string // of the image

	MainProgram bool // it is the container's CMD

	Root string // prefix of the image's paths; "" is the image itself
	Exec func(path string, argv, environ []string) error
	Drop func(identity.Account) error
	// Share lets who this process becomes open its streams by name.
	Share func(identity.Account)
	// Supervisors returns what is wrong with who supervises.
	Supervisors func() []bootrecord.Problem
	Now         func() time.Time
}

// app is one call: its Env, and what follows from it.
type app struct {
	Env
	called    Env // as it was called, before defaults, and before the image's own variables were fitted to the container
	euid      int // who the call runs as; root becomes hermes on the way
	args      []string
	selection profile.Selection
	home      profile.Home
	scandir   gateway.Scandir
}

func newApp(e Env) *app {
	called := e
	if e.Exec == nil {
		e.Exec = launch.Exec
	}
	if e.Drop == nil {
		gain := identity.GainOf(env.AllowNewPrivileges.On(e.Environ))
		e.Drop = func(a identity.Account) error { return identity.Drop(a, gain) }
	}
	if e.Share == nil {
		e.Share = func(a identity.Account) { _ = stdio.ShareOwn(int(a.UID)) } // as descriptors they can be used all the same
	}
	if e.Now == nil {
		e.Now = time.Now
	}
	a := &app{Env: e, called: called, euid: e.StartUID}
	if len(e.Args) > 0 {
		a.args = e.Args[1:]
	}
	a.selection = profile.Parse(a.args)
	a.home, _ = profile.HomeOf(a.Root, a.Environ)
	switch {
	case len(a.args) > 0 && a.args[0] == "container": // what follows is another program's
		a.selection = profile.Selection{Rest: a.args}
	case a.Environ.Value(env.Home) != string(a.home): // the boot has named it; the agent must not take what the front refuses
		a.setenv(env.Home.String(), string(a.home))
	}
	a.scandir.Path, _ = gateway.ScandirPath(a.Environ)
	a.Environ = imageenv.Apply(a.Environ, imageenv.Changes(a.Root, a.home.Root(), a.Environ, imageenv.Read(a.Root)))
	return a
}

func (a *app) setenv(name, value string) { a.Environ = a.Environ.With(name, value) }

// path is a path of the image.
func (a *app) path(p string) string { return filepath.Join(a.Root, p) }

func (a *app) say(format string, v ...any) { fmt.Fprintf(a.Stderr, format+"\n", v...) }

func (a *app) print(format string, v ...any) { fmt.Fprintf(a.Stdout, format+"\n", v...) }

// initRuns reports whether an init of this image supervises the scandir. It need not be PID 1.
//
// contract: RUN-05
func (a *app) initRuns() bool {
	scanned, err := s6.Scanned(a.scandir.Path)
	if errors.Is(err, os.ErrPermission) { // a scandir that hermes was never given: ask as the agent does
		return a.agentSeesInit()
	}
	return err == nil && scanned
}

// unsupervised is what a command about gateways does where nothing supervises them. While the image's init boots it says
// so and ends with code, as the agent would take the container for one without an init; elsewhere it is the agent's.
//
// contract: GW-20
func (a *app) unsupervised(code int) error {
	if !a.boots() {
		return a.becomeAgent()
	}
	return a.stillBooting(code)
}

func (a *app) stillBooting(code int) error {
	a.say("✗ No gateway is supervised yet: the container is still booting, or its boot has failed. Ask again in a few seconds; " +
		"docker logs shows how far it is.")
	return exitCode(code)
}

// tooEarly reports whether err is about a gateway that the boot has yet to make: an init that did not start as root supervises
// from its first moment on.
//
// contract: GW-20
func (a *app) tooEarly(err error) bool {
	_, missing := errors.AsType[*gateway.MissingError](err)
	return missing && a.scriptsRun()
}

// boots reports whether PID 1 is the image's init and has never started a supervisor of hermes.
func (a *app) boots() bool {
	comm, err := os.ReadFile(a.path(commPath))
	if err != nil || strings.TrimSpace(string(comm)) != "s6-svscan" {
		return false
	}
	boot, _, err := bootrecord.Read(a.path(record.Dir))
	return err != nil || boot.User == nil
}

// agentSeesInit reports whether the agent finds the init by itself, which it knows as PID 1 by its name.
//
// contract: AGT-01
func (a *app) agentSeesInit() bool {
	comm, err := os.ReadFile(a.path(commPath))
	if err != nil || strings.TrimSpace(string(comm)) != "s6-svscan" {
		return false
	}
	info, err := os.Stat(a.path(basedirPath))
	return err == nil && info.IsDir()
}

// agentKnows reports whether the agent finds the init that runs: at PID 1, or through its start-up hook.
// Where it does not, the front does what the agent would have done about slots.
//
// contract: RUN-05
func (a *app) agentKnows() bool {
	_, err := os.Stat(a.path(hookPath))
	return err == nil || a.agentSeesInit()
}

// profileName is the profile that the command line means. Its error has been printed already.
func (a *app) profileName() (string, error) {
	name, err := profile.Resolve(a.selection, a.home, env.SupervisedChild.On(a.Environ))
	if err != nil {
		a.say("Error: %v", err)
		return "", exitCode(1)
	}
	return name, nil
}

// account is the runtime user, for the slots that the front renders.
func (a *app) account() (identity.Account, error) { return identity.Lookup(a.Root, identity.Hermes) }

// exitCode is an error that has been printed already.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }
