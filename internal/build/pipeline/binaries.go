package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/host"
)

// binaries are the Go programs of the image, by the name they have in dist/.
func binaries() map[string]string {
	return map[string]string{"init": "./cmd/hermes-init", "hermes": "./cmd/hermes"}
}

// Binaries compiles the image's programs: static, the same bytes for the same source.
func (p *Pipeline) Binaries(ctx context.Context) error {
	if err := p.check("VERSION"); err != nil {
		return err
	}
	t := platform{"linux", p.Facts.Arch}
	for name, pkg := range binaries() {
		if err := p.compile(ctx, t, pkg, filepath.Join(p.Root, "dist", t.String(), name)); err != nil {
			return err
		}
	}
	p.say("binaries: %s", filepath.Join("dist", t.String()))
	return nil
}

// platform is what a program runs on, as Go names it.
type platform struct{ os, arch string }

func (t platform) String() string { return t.os + "-" + t.arch }

// compile compiles a static program, the same bytes for the same source.
func (p *Pipeline) compile(ctx context.Context, t platform, pkg, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot make folder for binaries: %w", err)
	}
	err := p.Run.Run(ctx, host.Cmd{
		Path: "go", Dir: p.Root,
		Args: []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version=" + p.version(), "-o", path, pkg},
		Env:  []string{"CGO_ENABLED=0", "GOOS=" + t.os, "GOARCH=" + t.arch},
	})
	if err != nil {
		return notCompiled(pkg, err)
	}
	return nil
}

// notCompiled makes one line of what the modules' download failed with; what the compiler
// says is shown as it is.
func notCompiled(pkg string, err error) error {
	what := fmt.Sprintf("cannot compile %q", pkg)
	if ran, ok := errors.AsType[*host.RunError](err); ok {
		if cause, next, known := explain("", strings.Split(ran.Output, "\n")); known {
			return &host.Problem{What: what, Cause: cause, Next: next, Err: err}
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// version is that of the programs and the image.
func (p *Pipeline) version() string {
	if v := p.Getenv("VERSION"); v != "" {
		return v
	}
	return "dev"
}
