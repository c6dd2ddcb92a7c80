package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/identity"
)

const scriptTimeout = 2 * time.Minute

// runScript runs a Python program of scripts/ as hermes. That takes about a second of the boot, so callers check first
// whether it has anything to do.
func (j *job) runScript(ctx context.Context, name string) error {
	return j.runPython(ctx, installDir+"/scripts/"+name, &printed{to: j.Stdout}, &printed{to: j.Stderr})
}

// errWouldWait is wrapped where a program is not run, because the agent's code opens a file that never ends or that nobody writes.
var errWouldWait = errors.New("is not run, as it would wait for a file that is no regular one")

// runPython runs a Python program of the image as hermes, for at most scriptTimeout.
func (j *job) runPython(ctx context.Context, program string, stdout, stderr io.Writer) error {
	name := program[strings.LastIndex(program, "/")+1:]
	for _, rel := range []string{"config.yaml", ".env"} {
		path := filepath.Join(j.home, rel)
		if info, err := os.Stat(j.inRoot(path)); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
			return fmt.Errorf("%s %w: %s", name, errWouldWait, path)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, scriptTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, j.inRoot(env.VenvDir+"/bin/python"), j.inRoot(program))
	cmd.Dir = j.inRoot(j.home)
	cmd.Env = agentEnviron(j.Environ, j.home)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = time.Second
	if j.start == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: j.hermes.Credential()}
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s failed: %w", name, err)
	}
	return nil
}

// agentEnviron returns environ as the agent's own programs get it.
//
// contract: ENV-07
func agentEnviron(environ env.Environ, home string) env.Environ {
	for _, v := range []struct{ name, value string }{
		{"HOME", home},
		{env.Home.String(), home},
		{"USER", identity.Hermes},
		{"LOGNAME", identity.Hermes},
		{"VIRTUAL_ENV", env.VenvDir},
		{"PATH", env.VenvPath(environ.Get("PATH"))},
	} {
		environ = environ.With(v.name, v.value)
	}
	return environ
}
