package setup

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/identity"
)

const (
	scriptTimeout = 2 * time.Minute
)

// script runs one of the image's Python programs as hermes. That costs about a second of boot, so
// callers find out first whether it has anything to do.
func (j *job) script(ctx context.Context, name string, out io.Writer) error {
	return j.python(ctx, installDir+"/scripts/"+name, out)
}

func (j *job) python(ctx context.Context, program string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, scriptTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, j.real(env.VenvDir+"/bin/python"), j.real(program))
	cmd.Dir = j.real(j.home)
	cmd.Env = agentEnviron(j.Environ, j.home)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = time.Second
	if j.start == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: j.hermes.Credential()}
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s failed: %w", program[strings.LastIndex(program, "/")+1:], err)
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
