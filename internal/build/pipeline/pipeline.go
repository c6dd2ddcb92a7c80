package pipeline

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// Pipeline is one run of one target.
type Pipeline struct {
	Root    string    // the repository
	Out     io.Writer // what a person reads
	Verbose bool      // show all output of builds and tests
	Getenv  func(string) string
	Environ []string // as os.Environ
	Run     host.Runner
	Facts   host.Facts

	steps Steps
	tests []TestSummary // of the suites that ran
}

// New is the pipeline of the repository in the current folder, on this host.
func New(out io.Writer, verbose bool) (*Pipeline, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	facts, err := host.Read(runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	return &Pipeline{Root: root, Out: out, Verbose: verbose, Getenv: os.Getenv, Environ: os.Environ(), Run: host.Exec{}, Facts: facts}, nil
}

func (p *Pipeline) say(format string, args ...any) { fmt.Fprintf(p.Out, format+"\n", args...) }

func (p *Pipeline) host() engine.Host {
	return engine.Host{Facts: p.Facts, Run: p.Run, Getenv: p.Getenv, Say: p.say}
}

// engine finds or starts the engine, and prints which.
func (p *Pipeline) engine(ctx context.Context) (*engine.Engine, error) {
	e, err := engine.Ensure(ctx, p.host())
	if err != nil {
		return nil, err
	}
	p.say("engine: Docker %s, API %s, at %s (%s)", e.Version, e.APIVersion, e.Host, e.Source)
	return e, nil
}

// cacheDir is the repository's folder for logs and scratch files; git ignores it.
func (p *Pipeline) cacheDir() (string, error) {
	dir := filepath.Join(p.Root, ".cache")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("cannot make folder for logs: %w", err)
	}
	return dir, nil
}
