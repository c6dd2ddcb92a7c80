package host

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Cmd is one program to run to its end.
type Cmd struct {
	Path   string   // looked up on PATH unless it has a slash
	Args   []string // without the program's own name
	Env    []string // added to the environment of this process; later entries win
	Dir    string   // "": the current directory
	Stdin  io.Reader
	Stdout io.Writer // nil: kept for the error only
	Stderr io.Writer // nil: kept for the error only
}

// String is the command as a person would paste it into a shell.
func (c Cmd) String() string {
	words := make([]string, 0, len(c.Env)+len(c.Args)+1)
	for _, e := range c.Env {
		name, value, _ := strings.Cut(e, "=")
		words = append(words, name+"="+quote(value))
	}
	words = append(words, quote(c.Path))
	for _, a := range c.Args {
		words = append(words, quote(a))
	}
	return strings.Join(words, " ")
}

func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+{}", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// RunError is a program that could not be started or did not exit 0.
type RunError struct {
	Cmd    Cmd
	Output string // the last of what it wrote to a stream that nobody took
	Err    error  // *exec.ExitError, exec.ErrNotFound or the context's error
}

func (e *RunError) Error() string {
	text := fmt.Sprintf("cannot run %q: %v", e.Cmd.String(), e.Err)
	if e.Output != "" {
		text += "\n" + strings.TrimRight(e.Output, "\n")
	}
	return text
}

// Unwrap returns the cause, so that errors.Is finds exec.ErrNotFound and context.Canceled.
func (e *RunError) Unwrap() error { return e.Err }

// Runner runs programs of the build host.
type Runner interface {
	// Run waits for the program; any end but exit code 0 is a *RunError.
	Run(ctx context.Context, c Cmd) error
	// LookPath finds a program on PATH; the error wraps exec.ErrNotFound.
	LookPath(name string) (string, error)
	// Daemon starts a program that outlives this process: own session, no
	// standard input, output appended to the file. It returns the pid.
	Daemon(c Cmd, logFile string) (int, error)
}

// Exec is the real Runner.
type Exec struct{}

// outputLimit is how many bytes of untaken output a RunError keeps: a screenful.
const outputLimit = 4096

// Run implements Runner. When ctx ends, the program's group gets SIGTERM and,
// ten seconds later, SIGKILL.
func (Exec) Run(ctx context.Context, c Cmd) error {
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Dir, cmd.Stdin = c.Dir, c.Stdin
	cmd.Env = append(os.Environ(), c.Env...)
	kept := &tail{limit: outputLimit}
	cmd.Stdout, cmd.Stderr = orKept(c.Stdout, kept), orKept(c.Stderr, kept)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return &RunError{Cmd: c, Output: kept.String(), Err: err}
}

// LookPath implements Runner.
func (Exec) LookPath(name string) (string, error) { return exec.LookPath(name) }

// Daemon implements Runner.
func (Exec) Daemon(c Cmd, logFile string) (int, error) {
	out, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return 0, fmt.Errorf("cannot open log of %q: %w", c.Path, err)
	}
	defer func() { _ = out.Close() }()
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), c.Env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 0, &RunError{Cmd: c, Err: err}
	}
	pid := cmd.Process.Pid
	return pid, cmd.Process.Release()
}

func orKept(w io.Writer, kept *tail) io.Writer {
	if w != nil {
		return w
	}
	return kept
}

// tail keeps the last limit bytes written to it.
type tail struct {
	mu    sync.Mutex
	limit int
	buf   bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p)
	if over := t.buf.Len() - t.limit; over > 0 {
		t.buf.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
