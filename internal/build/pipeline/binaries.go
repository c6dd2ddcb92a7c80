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
	dir := filepath.Join(p.Root, "dist", "linux-"+p.Facts.Arch)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make folder for binaries: %w", err)
	}
	for name, pkg := range binaries() {
		err := p.Run.Run(ctx, host.Cmd{
			Path: "go", Dir: p.Root,
			Args: []string{
				"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version=" + p.version(),
				"-o", filepath.Join(dir, name), pkg,
			},
			Env: []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + p.Facts.Arch},
		})
		if err != nil {
			return notCompiled(pkg, err)
		}
	}
	p.say("binaries: %s", filepath.Join("dist", "linux-"+p.Facts.Arch))
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
