package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"caduceus/internal/env"
	"caduceus/internal/front/inherit"
	"caduceus/internal/front/profile"
	"caduceus/internal/launch"
)

// becomeAgent replaces this process by the agent: the same arguments, environment and terminal. It
// returns only if that fails.
//
// contract: EXEC-03
func (a *app) becomeAgent() error {
	path := a.path(agentPath)
	err := a.Exec(path, append([]string{"hermes"}, a.args...), a.agentEnviron())
	if err == nil { // a test's Exec
		return nil
	}
	return a.noAgent(path, err)
}

// agentEnviron is the environment of the agent. As hermes it finds the volume's programs before the system's. What its
// profile does not inherit of the container's variables is not in it.
//
// contract: INH-02, TOOL-13
func (a *app) agentEnviron() env.Environ {
	environ := a.Environ
	name, err := profile.Resolve(a.selection, a.home, env.SupervisedChild.On(environ))
	if err == nil { // else the agent says what is wrong
		environ = inherit.Open(a.Root, a.home).Strip(name, environ)
	}
	path, found := environ.Lookup("PATH")
	if a.euid == 0 || !found {
		return environ
	}
	return environ.With("PATH", env.UserPath(path, a.home.Root()))
}

func (a *app) noAgent(path string, err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		a.say("hermes-shim: %s not found or not executable", path)
		return exitCode(launch.NotFound)
	}
	a.say("hermes-shim: cannot execute %s: %v", path, err)
	return exitCode(launch.NotExecutable)
}

// runAgent runs the agent as a child, for verbs that have something to do afterwards, and returns its
// exit code. stdout is nil for the front's own. The terminal's ^C reaches the child by itself; what
// is sent to the front alone is passed on.
func (a *app) runAgent(ctx context.Context, stdout io.Writer) (int, error) {
	path := a.path(agentPath)
	cmd := exec.CommandContext(ctx, path, a.args...)
	cmd.Env = a.agentEnviron()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Stdin, a.Stdout, a.Stderr
	if stdout != nil {
		cmd.Stdout = stdout
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, a.noAgent(path, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			if sig == syscall.SIGTERM || sig == syscall.SIGHUP {
				_ = cmd.Process.Signal(sig) // it may have ended meanwhile
			}
		case err := <-ended:
			return childCode(err)
		}
	}
}

// childCode returns the exit code of a child, from the error of Wait.
func childCode(err error) (int, error) {
	if err == nil {
		return 0, nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return launch.Code(exit.Sys().(syscall.WaitStatus)), nil
	}
	return 0, fmt.Errorf("cannot wait for the agent: %w", err)
}

// ended turns a child's exit code into the front's.
func ended(code int) error {
	if code == 0 {
		return nil
	}
	return exitCode(code)
}
