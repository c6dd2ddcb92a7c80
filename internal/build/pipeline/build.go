package pipeline

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"caduceus/internal/build/base"
	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// Variant is one of the two images.
type Variant string

// The variants are targets of the Dockerfile.
const (
	Full Variant = "full"
	Slim Variant = "slim"
)

// Tag is the name of the variant's image.
func (v Variant) Tag() string {
	if v == Slim {
		return "hermes-agent:dev-slim"
	}
	return "hermes-agent:dev"
}

// Build makes the given variants from nothing but this repository and package
// registries. A variant is tagged only when all of it was built and is within budget.
func (p *Pipeline) Build(ctx context.Context, variants ...Variant) error {
	var (
		e      *engine.Engine
		client engine.Client
		choice base.Choice
		rec    recipe
	)
	if err := p.check("BASE_IMAGE", "AGENT_SOURCE", "BROWSER_SOURCE", "VERSION", "SOURCE_DATE_EPOCH"); err != nil {
		return err
	}
	spec, err := p.spec()
	if err != nil {
		return err
	}
	err = p.steps.Do("engine", func() (err error) {
		if e, err = p.engine(ctx); err != nil {
			return err
		}
		if client, err = engine.EnsureClient(ctx, p.host()); err != nil {
			return err
		}
		p.say("client: %s %s (%s)", client.Path, client.Version, client.Why)
		_, warm, err := e.Image(ctx, variants[0].Tag())
		if err != nil {
			return err
		}
		return checkRoom(e, warm)
	})
	if err != nil {
		return err
	}
	defer e.Close()
	if err := p.steps.Do("base", func() (err error) {
		choice, err = p.base(ctx, e, spec.Base, false)
		return err
	}); err != nil {
		return err
	}
	if rec, err = p.recipe(ctx, spec, choice); err != nil {
		return err
	}
	p.say("agent: %s", rec.agent())
	p.say("browser: %s", rec.browser())
	if err := p.steps.Do("binaries", func() error { return p.Binaries(ctx) }); err != nil {
		return err
	}
	var images []built
	for _, v := range variants {
		if err := p.steps.Do("image "+string(v), func() error {
			img, err := p.image(ctx, e, client, rec, v)
			images = append(images, img)
			return err
		}); err != nil {
			return err
		}
	}
	p.report(images, rec)
	return nil
}

// built is a finished image.
type built struct {
	tag string
	engine.Image
	layers int
}

// image builds one variant, judges it, and only then gives it its name.
func (p *Pipeline) image(ctx context.Context, e *engine.Engine, c engine.Client, rec recipe, v Variant) (built, error) {
	id, err := p.dockerBuild(ctx, e, c, rec, v)
	if err != nil {
		return built{}, err
	}
	img, ok, err := e.Image(ctx, id)
	if err != nil {
		return built{}, err
	}
	if !ok {
		return built{}, fmt.Errorf("cannot find image %q after its build", id)
	}
	layers, err := e.Layers(ctx, id)
	if err != nil {
		return built{}, err
	}
	if err := p.checkBudget(ctx, e, c, rec.spec, v, img, layers); err != nil {
		return built{}, err
	}
	if err := e.Tag(ctx, id, v.Tag()); err != nil {
		return built{}, err
	}
	return built{v.Tag(), img, len(layers)}, nil
}

// dockerBuild runs the client and returns the id of the unnamed image.
func (p *Pipeline) dockerBuild(ctx context.Context, e *engine.Engine, c engine.Client, rec recipe, v Variant) (string, error) {
	cache, err := p.cacheDir()
	if err != nil {
		return "", err
	}
	idFile := filepath.Join(cache, "build-"+string(v)+".id")
	logFile := filepath.Join(cache, "build-"+string(v)+".log")
	b := engine.Build{Context: p.Root, Target: string(v), Args: rec.args(), IIDFile: idFile}
	log, err := os.Create(logFile)
	if err != nil {
		return "", fmt.Errorf("cannot write log of the build: %w", err)
	}
	defer func() { _ = log.Close() }()
	p.say("image %s: building (log: %s)", v, p.short(logFile))
	watch := &progress{}
	if err := p.watch(ctx, c.Command(e, b), log, watch); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("cannot build image %q: %w", v.Tag(), ctx.Err())
		}
		return "", diagnose(fmt.Sprintf("cannot build image %q", v.Tag()), rec.base.Ref, watch, p.short(logFile), err)
	}
	if watch.cached > 0 {
		p.say("  %8s  %d steps from the cache", "", watch.cached)
	}
	id, err := os.ReadFile(idFile)
	if err != nil {
		return "", fmt.Errorf("cannot read id of the built image: %w", err)
	}
	return strings.TrimSpace(string(id)), nil
}

// quiet is how long a build may be silent before a line names the step that runs.
const quiet = 20 * time.Second

// watch runs a build, keeps its lines in log and shows its progress.
func (p *Pipeline) watch(ctx context.Context, c host.Cmd, log io.Writer, w *progress) error {
	r, out := io.Pipe()
	c.Stdout, c.Stderr = out, out
	ended := make(chan error, 1)
	go func() {
		err := p.Run.Run(ctx, c)
		out.Close() //nolint:errcheck // a pipe's writer closes without error
		ended <- err
	}()
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewReader(r); ; {
			line, err := s.ReadString('\n')
			if line != "" {
				lines <- strings.TrimRight(line, "\r\n")
			}
			if err != nil {
				return
			}
		}
	}()
	start, silence := time.Now(), time.NewTicker(quiet)
	defer silence.Stop()
	for {
		select {
		case line, more := <-lines:
			if !more {
				return <-ended
			}
			fmt.Fprintln(log, line)
			shown := w.feed(line)
			if p.Verbose {
				shown = line
			}
			if shown != "" {
				p.say("%s", shown)
				silence.Reset(quiet)
			}
		case <-silence.C:
			p.say("  %8s  … %s", seconds(time.Since(start)), w.now())
		}
	}
}

// short is a path as seen from the repository.
func (p *Pipeline) short(path string) string {
	if rel, err := filepath.Rel(p.Root, path); err == nil {
		return rel
	}
	return path
}

// report closes a build: of what it was made, how long each step took, and at last what
// came out.
func (p *Pipeline) report(images []built, rec recipe) {
	p.say("\nbase      %s (%s)\nagent     %s\nbrowser   %s\nsteps", rec.base.Ref, rec.base.Why, rec.agent(), rec.browser())
	p.steps.Table(p.Out)
	for _, img := range images {
		p.say("image     %s\n  size    %s (%d bytes, %d layers)\n  digest  %s", img.tag, size(img.SizeBytes), img.SizeBytes, img.layers, img.ID)
	}
}
