package setup

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"caduceus/internal/contenv"
)

const (
	venvDir       = installDir + "/.venv"
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
	cmd := exec.CommandContext(ctx, j.real(venvDir+"/bin/python"), j.real(program))
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

// agentEnviron is environ as the agent's own programs get it.
//
// contract: ENV-07
func agentEnviron(environ []string, home string) []string {
	path, _ := contenv.Lookup(environ, "PATH")
	set := []string{
		"HOME=" + home, "HERMES_HOME=" + home, "USER=hermes", "LOGNAME=hermes", "VIRTUAL_ENV=" + venvDir,
		"PATH=" + strings.TrimSuffix(venvDir+"/bin:"+path, ":"),
	}
	kept := slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.ContainsFunc(set, func(s string) bool { return strings.HasPrefix(s, name+"=") })
	})
	return append(kept, set...)
}
