package host

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
)

// Fake is a Runner for tests: it records commands and answers from a function.
type Fake struct {
	Paths  map[string]string              // what LookPath finds
	Answer func(c Cmd) (string, error)    // output and result; nil: all succeed silently
	Start  func(c Cmd) (pid int, e error) // Daemon; nil: pid 4242

	mu  sync.Mutex
	Ran []string // commands in order, as Cmd.String
}

// Run implements Runner: the answer's text goes to Stdout, or into the error.
func (f *Fake) Run(_ context.Context, c Cmd) error {
	f.note(c)
	if f.Answer == nil {
		return nil
	}
	text, err := f.Answer(c)
	if c.Stdout != nil {
		fmt.Fprint(c.Stdout, text)
		text = ""
	}
	if err != nil {
		return &RunError{Cmd: c, Output: text, Err: err}
	}
	return nil
}

// LookPath implements Runner.
func (f *Fake) LookPath(name string) (string, error) {
	if path, ok := f.Paths[name]; ok {
		return path, nil
	}
	return "", fmt.Errorf("%q: %w", name, exec.ErrNotFound)
}

// Daemon implements Runner.
func (f *Fake) Daemon(c Cmd, _ string) (int, error) {
	f.note(c)
	if f.Start == nil {
		return 4242, nil
	}
	return f.Start(c)
}

// Did reports whether a command that begins with prefix was run.
func (f *Fake) Did(prefix string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.Ran {
		if strings.HasPrefix(c, prefix) {
			return true
		}
	}
	return false
}

func (f *Fake) note(c Cmd) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Ran = append(f.Ran, c.String())
}
