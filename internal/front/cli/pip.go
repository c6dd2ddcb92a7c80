package cli

import (
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/maincmd"
	"caduceus/internal/front/pip"
)

// inImage is what installs a package in a derived image.
const inImage = "RUN uv pip install --python " + env.VenvDir + "/bin/python3 PACKAGE"

// pip is the front called as pip or pip3: packages go to the volume, where Python finds them when it runs as hermes.
//
// contract: TOOL-18
func (a *app) pip(name string) error {
	if code := a.dropRootForPip(name); code != 0 {
		return exitCode(code)
	}
	if !a.initRuns() {
		a.say("%s: note: this goes to %s, which an image does not keep; in an image of your own: USER root, then %s", name, pip.Prefix(a.home.Root()), inImage)
	}
	argv, err := pip.Of(a.args, a.home.Root())
	if err != nil {
		a.say("%s: %v", name, err)
		return exitCode(2)
	}
	return a.becomeProgram(maincmd.Program{Path: a.path(argv[0]), Argv: argv})
}

// uv is the front called as uv. Only `uv pip install` for the sealed environment is not uv's own.
//
// contract: TOOL-18
func (a *app) uv() error {
	argv, ours := pip.OfUv(a.args, a.home.Root(), a.sealedIsActive())
	if !ours || a.euid == 0 {
		return a.becomeProgram(maincmd.Program{Path: a.path(pip.Uv), Argv: append([]string{pip.Uv}, a.args...)})
	}
	return a.becomeProgram(maincmd.Program{Path: a.path(argv[0]), Argv: argv})
}

// sealedIsActive reports whether uv would take the agent's environment: it is the active one, or there is no other and the
// working directory lies in the agent's.
func (a *app) sealedIsActive() bool {
	if active := a.Environ.Get("VIRTUAL_ENV"); active != "" {
		return filepath.Clean(active) == env.VenvDir
	}
	dir, err := os.Getwd()
	install := filepath.Dir(env.VenvDir)
	return err == nil && (dir == install || strings.HasPrefix(dir, install+"/"))
}

// dropRootForPip makes root hermes, as for any verb. Root that builds an image, or wants to stay root, is told what to do: no
// Python of root's looks on the volume.
func (a *app) dropRootForPip(name string) int {
	if a.euid != 0 {
		return 0
	}
	if env.ExecAsRoot.On(a.Environ) || !a.initRuns() {
		a.say("%s: packages of the volume are for user hermes; in an image of your own: %s", name, inImage)
		return 1
	}
	return a.dropRoot()
}
