package pipeline

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/image"
	"caduceus/internal/build/base"
	"caduceus/internal/build/publish"
	"caduceus/internal/build/publish/local"
	"caduceus/internal/host"
)

// recipe has what the arguments of the Dockerfile are made of, and what the screen shows of it.
type recipe struct {
	spec    image.Spec
	options image.Options
	base    base.Choice
}

// recipe takes the choices of the environment: AGENT_SOURCE, BROWSER_SOURCE, VERSION,
// HERMES_GIT_SHA, SOURCE_DATE_EPOCH. Each may be unset.
func (p *Pipeline) recipe(ctx context.Context, spec image.Spec, choice base.Choice) (recipe, error) {
	tree, err := local.Tree(ctx, p.Run, p.Root)
	if err != nil {
		return recipe{}, err
	}
	r := recipe{spec: spec, base: choice, options: image.Options{
		Base:     choice.Ref,
		Browser:  p.Getenv("BROWSER_SOURCE"),
		Prebuilt: true,
		Version:  p.version(),
		Revision: tree.Label(),
		GitSHA:   p.Getenv("HERMES_GIT_SHA"),
	}}
	seconds := p.Getenv("SOURCE_DATE_EPOCH")
	if tree.Revision != "" { // else git speaks of no repository, or of another one
		r.options.Source = publish.SourceOf(p.git(ctx, "remote", "get-url", "origin"))
		if seconds == "" {
			seconds = p.git(ctx, "log", "-1", "--format=%ct")
		}
	}
	if seconds != "" {
		if r.options.Epoch, err = parseEpoch(seconds); err != nil {
			return r, err
		}
	}
	if r.options.AgentSource, err = p.agentSourcePath(p.Getenv("AGENT_SOURCE")); err != nil {
		return r, err
	}
	if r.options.CA, err = p.hostCAPath(); err != nil {
		return r, err
	}
	return r, spec.CheckOptions(r.options)
}

// args are the build arguments in the order of their names.
func (r recipe) args() []string {
	values := r.spec.BuildArgs(r.options)
	var args []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		args = append(args, name+"="+values[name])
	}
	return args
}

func (r recipe) agent() string {
	if r.options.AgentSource != "" {
		return "from " + r.options.AgentSource
	}
	return fmt.Sprintf("%s, pinned source distribution", r.spec.Agent)
}

func (r recipe) browser() string {
	source := r.options.Browser
	if source == "" {
		source = r.spec.Browser
	}
	if source == "playwright" {
		return "Chromium headless shell, Playwright's own download"
	}
	return "Chromium headless shell of Debian, linked for Playwright " + r.spec.Playwright
}

// certificates is where Debian keeps those that the host trusts.
const certificates = "/etc/ssl/certs/ca-certificates.crt"

// hostCAPath copies the certificates that this host trusts into the build context, and returns their path
// there; "" for a host that keeps them elsewhere.
func (p *Pipeline) hostCAPath() (string, error) {
	if _, err := os.Stat(certificates); err != nil {
		return "", nil //nolint:nilerr // downloads then trust what the base does
	}
	inContext := filepath.Join("dist", "ca.crt")
	target := filepath.Join(p.Root, inContext)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", err
	}
	if err := copyFile(target, certificates); err != nil {
		return "", fmt.Errorf("cannot bring this host's certificates into the build context: %w", err)
	}
	return inContext, nil
}

// agentSourcePath copies a folder or archive of the agent into the build context, and returns its path
// there; "" for the pinned source distribution.
func (p *Pipeline) agentSourcePath(given string) (string, error) {
	if given == "" {
		return "", nil
	}
	info, err := os.Stat(given)
	if err != nil {
		return "", fmt.Errorf("cannot use AGENT_SOURCE: %w", err)
	}
	inContext := filepath.Join("dist", "agent", filepath.Base(filepath.Clean(given)))
	target := filepath.Join(p.Root, inContext)
	if err := os.RemoveAll(filepath.Dir(target)); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", err
	}
	if info.IsDir() {
		err = os.CopyFS(target, os.DirFS(given))
	} else {
		err = copyFile(target, given)
	}
	if err != nil {
		return "", fmt.Errorf("cannot bring agent source %q into the build context: %w", given, err)
	}
	return inContext, nil
}

func copyFile(to, from string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

// git is what git prints of the repository; "" for a source tree without one.
func (p *Pipeline) git(ctx context.Context, args ...string) string {
	var out strings.Builder
	if err := p.Run.Run(ctx, host.Cmd{Path: "git", Args: args, Dir: p.Root, Stdout: &out}); err != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}
