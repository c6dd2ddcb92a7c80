package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/host"
)

// zizmor looks for security mistakes in the workflows, offline. It comes as a wheel: lock is a requirements
// file with its version and hashes, which are installed into a virtual environment of .cache.
func (p *Pipeline) zizmor(lock string) func(context.Context) error {
	return func(ctx context.Context) error {
		program, err := p.wheelPath(ctx, "zizmor", lock)
		if err != nil {
			return err
		}
		return p.shown(ctx, host.Cmd{
			Path: program, Args: []string{"--offline", "--quiet", "--format=plain", filepath.Join(".github", "workflows")}, Dir: p.Root,
		})
	}
}

// wheelPath returns the path of a program that the lock names, installed if it is not there yet.
func (p *Pipeline) wheelPath(ctx context.Context, name, lock string) (string, error) {
	cache, err := p.cacheDir()
	if err != nil {
		return "", err
	}
	wanted, err := os.ReadFile(filepath.Join(p.Root, lock))
	if err != nil {
		return "", fmt.Errorf("cannot install %s: %w", name, err)
	}
	dir := filepath.Join(cache, name)
	program, stamp := filepath.Join(dir, "bin", name), filepath.Join(dir, "installed.lock")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == string(wanted) {
		return program, nil
	}
	if p.Run.Run(ctx, host.Cmd{Path: "python3", Args: []string{"-c", "import ensurepip, venv"}}) != nil {
		if err := host.Install(ctx, p.Run, p.Facts, "install "+name, "python3", "python3-venv"); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("cannot install %s: %w", name, err)
	}
	for _, c := range []host.Cmd{
		{Path: "python3", Args: []string{"-m", "venv", "--clear", dir}},
		{
			Path: filepath.Join(dir, "bin", "pip"), Dir: p.Root,
			Args: []string{"install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", lock},
		},
	} {
		if err := p.Run.Run(ctx, c); err != nil {
			return "", fmt.Errorf("cannot install %s: %w", name, err)
		}
	}
	return program, os.WriteFile(stamp, wanted, 0o644)
}

// shown runs a check and shows what it printed if it failed.
func (p *Pipeline) shown(ctx context.Context, c host.Cmd) error {
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	err := p.Run.Run(ctx, c)
	if err != nil {
		p.say("%s", strings.TrimRight(out.String(), "\n"))
	}
	return err
}
