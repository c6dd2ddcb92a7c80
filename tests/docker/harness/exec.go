package harness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// Limits of one command, so that none of a hostile image fills the memory or takes the time of its check.
const (
	maxOutput = 4 << 20 // bytes of a stream
	execLimit = 5 * time.Minute
)

// DefaultUser runs the commands that name no other user.
const DefaultUser = "hermes"

// Exec is a command inside a container, as docker exec runs it.
type Exec struct {
	Cmd   []string
	User  string // "": DefaultUser; "0" is root
	Env   []string
	Dir   string
	Stdin string
	TTY   bool
}

// Result is how an Exec ended. With a terminal all output is in Stdout.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Output is the trimmed stdout.
func (r Result) Output() string { return strings.TrimSpace(r.Stdout) }

func (r Result) String() string {
	return fmt.Sprintf("exit %d, stdout %q, stderr %q", r.Code, r.Stdout, r.Stderr)
}

// Exec runs a command and waits for it; a command that fails is a Result, not
// an error. A check asks no tool that is not Debian's: that is an error.
func (c *Container) Exec(ctx context.Context, x Exec) (Result, error) {
	if asksTool(x.Cmd) {
		if err := c.trustTools(ctx); err != nil {
			return Result{}, err
		}
	}
	return c.ask(ctx, x)
}

// Show runs a script of the shell as hermes, whatever the shell is. Nobody may judge by its result: it is for a script that shows
// people what the probe has seen.
func (c *Container) Show(ctx context.Context, script string) (Result, error) {
	return c.ask(ctx, Exec{Cmd: []string{"sh", "-c", script}})
}

func (c *Container) ask(ctx context.Context, x Exec) (Result, error) {
	if x.User == "" {
		x.User = DefaultUser
	}
	res, err := c.exec(ctx, x)
	if err != nil {
		return Result{}, fmt.Errorf("cannot run %q in %q: %w", x.Cmd, c.Name, err)
	}
	c.journal.add(step{container: c.ID, exec: x.operands(), code: res.Code, output: substituted(res.Stdout) + substituted(res.Stderr)})
	return res, nil
}

// Sh runs a script of the shell as hermes.
func (c *Container) Sh(ctx context.Context, script string) (Result, error) {
	return c.Exec(ctx, Exec{Cmd: []string{"sh", "-c", script}})
}

// Root runs a script of the shell as root.
func (c *Container) Root(ctx context.Context, script string) (Result, error) {
	return c.Exec(ctx, Exec{Cmd: []string{"sh", "-c", script}, User: "0"})
}

// Hermes runs the hermes command with args, as hermes.
func (c *Container) Hermes(ctx context.Context, args ...string) (Result, error) {
	return c.Exec(ctx, Exec{Cmd: append([]string{"/opt/hermes/bin/hermes"}, args...)})
}

func (c *Container) exec(ctx context.Context, x Exec) (Result, error) {
	ctx, stop := context.WithTimeoutCause(ctx, execLimit, fmt.Errorf("no end within %s", execLimit))
	defer stop()
	created, err := c.engine.api.ExecCreate(ctx, c.ID, client.ExecCreateOptions{
		User: x.User, Cmd: x.Cmd, Env: x.Env, WorkingDir: x.Dir, TTY: x.TTY,
		AttachStdin: x.Stdin != "", AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return Result{}, err
	}
	attached, err := c.engine.api.ExecAttach(ctx, created.ID, client.ExecAttachOptions{TTY: x.TTY})
	if err != nil {
		return Result{}, err
	}
	defer attached.Close()
	// Reading from the connection knows no context: closing it ends the read.
	defer context.AfterFunc(ctx, attached.Close)()
	if x.Stdin != "" {
		if _, err := io.WriteString(attached.Conn, x.Stdin); err != nil {
			return Result{}, err
		}
		if err := attached.CloseWrite(); err != nil {
			return Result{}, err
		}
	}
	res, err := drain(attached.Reader, x.TTY, maxOutput)
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	if err != nil {
		return Result{}, err
	}
	res.Code, err = c.exitCode(ctx, created.ID)
	return res, err
}

// drain reads both streams to their end. More than limit bytes of one are an error, with those that were read: no check judges
// by a part.
func drain(r io.Reader, tty bool, limit int) (Result, error) {
	out, errs := &bounded{limit: limit}, &bounded{limit: limit}
	var err error
	if tty {
		_, err = io.Copy(out, r)
	} else {
		_, err = stdcopy.StdCopy(out, errs, r)
	}
	return Result{Stdout: out.text.String(), Stderr: errs.text.String()}, err
}

// bounded is a buffer that refuses what goes beyond its limit.
type bounded struct {
	text  bytes.Buffer // not embedded: its ReadFrom knows no limit
	limit int
}

func (b *bounded) Write(p []byte) (int, error) {
	if room := b.limit - b.text.Len(); len(p) > room {
		n, _ := b.text.Write(p[:max(room, 0)])
		return n, fmt.Errorf("there is more than %d bytes of output", b.limit)
	}
	return b.text.Write(p)
}

// exitCode waits for the engine to notice that the process has ended, which it
// does a little after the end of its output.
func (c *Container) exitCode(ctx context.Context, id string) (int, error) {
	code := 0
	err := Poll(ctx, "exit code of a command", 10*time.Second, func(ctx context.Context) (string, bool, error) {
		got, err := c.engine.api.ExecInspect(ctx, id, client.ExecInspectOptions{})
		if err != nil {
			return "", false, err
		}
		code = got.ExitCode
		return "running", !got.Running, nil
	})
	return code, err
}
