package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/host"
)

// Tools are the linters: modules with their versions, as "go run" wants them, which stay out of the go.mod
// that the image's programs share; and zizmor, a wheel.
type Tools struct {
	GolangciLint string // runs staticcheck and go vet, too
	Actionlint   string
	Zizmor       string // file with its version and hashes, as pip wants it
}

// Lint runs every check of the source that needs no test, and reports all that failed.
// golangci-lint is compiled in a step of its own: the first time that is most of the cost.
func (p *Pipeline) Lint(ctx context.Context, t Tools) error {
	checks := []struct {
		name string
		work func(context.Context) error
	}{
		{"gofmt", p.gofmt},
		{"go vet", p.goRun("vet", "-tags=docker,mage", "./...")},
		{"get golangci-lint", p.goRun("run", t.GolangciLint, "version")},
		{"golangci-lint", p.goRun("run", t.GolangciLint, "run", "--allow-serial-runners", "./...")},
		{"scripts", p.scripts},
		{"workflows", p.workflows(t)},
		{"workflows' security", p.zizmor(t.Zizmor)},
	}
	var failed []string
	for _, c := range checks {
		p.say("lint: %s", c.name)
		if err := p.steps.Do(c.name, func() error { return c.work(ctx) }); err != nil {
			if ctx.Err() != nil {
				return err
			}
			p.say("lint: %s: %v", c.name, err)
			failed = append(failed, c.name)
		}
	}
	p.steps.Table(p.Out)
	if len(failed) > 0 {
		return fmt.Errorf("cannot accept the source: %s; fix what is listed above", strings.Join(failed, ", "))
	}
	return nil
}

func (p *Pipeline) goRun(args ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		return p.shown(ctx, host.Cmd{Path: "go", Args: args, Dir: p.Root})
	}
}

// workflows are named one by one: where there is no git, actionlint finds none.
func (p *Pipeline) workflows(t Tools) func(context.Context) error {
	return func(ctx context.Context) error {
		files, err := filepath.Glob(filepath.Join(p.Root, ".github", "workflows", "*.yml"))
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return errors.New("cannot check workflows: there is none under .github/workflows")
		}
		return p.goRun(append([]string{"run", t.Actionlint}, files...)...)(ctx)
	}
}

// gofmt is that of the Go version which go.mod names; the one on PATH may be older.
func (p *Pipeline) gofmt(ctx context.Context) error {
	var goroot, out strings.Builder
	if err := p.Run.Run(ctx, host.Cmd{Path: "go", Args: []string{"env", "GOROOT"}, Dir: p.Root, Stdout: &goroot}); err != nil {
		return err
	}
	if err := p.Run.Run(ctx, host.Cmd{
		Path: filepath.Join(strings.TrimSpace(goroot.String()), "bin", "gofmt"), Args: []string{"-l", "ci", "cmd", "image", "internal", "magefiles", "tests"}, Dir: p.Root, Stdout: &out,
	}); err != nil {
		return err
	}
	if out.Len() > 0 {
		return fmt.Errorf("not formatted: %s; run \"gofmt -w\" on them", strings.Join(strings.Fields(out.String()), " "))
	}
	return nil
}

// scripts checks the syntax of each shell script that goes into the image or makes it.
func (p *Pipeline) scripts(ctx context.Context) error {
	var wrong []error
	for _, dir := range []string{"rootfs", "image", "ci", ".ci"} {
		checked := 0
		err := filepath.WalkDir(filepath.Join(p.Root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			shell, err := shellOf(path)
			if err != nil || shell == "" {
				return err
			}
			checked++
			if err := p.Run.Run(ctx, host.Cmd{Path: shell, Args: []string{"-n", path}}); err != nil {
				wrong = append(wrong, err)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("cannot check scripts: %w", err)
		}
		if checked == 0 {
			wrong = append(wrong, fmt.Errorf("cannot check scripts: there is none under %q", dir))
		}
	}
	return errors.Join(wrong...)
}

// shellOf is the shell that a file's first line names: "sh", "bash", or "" for a file
// that is not a shell script.
func shellOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 128)
	n, _ := f.Read(head) // an empty file is not a script
	first, _, _ := strings.Cut(string(head[:n]), "\n")
	return interpreter(first), nil
}

func interpreter(first string) string {
	rest, ok := strings.CutPrefix(first, "#!")
	if !ok {
		return ""
	}
	for word := range strings.FieldsSeq(rest) {
		switch base := filepath.Base(word); base {
		case "sh", "bash":
			return base
		}
	}
	return ""
}
