package pipeline

import (
	"context"
	"strings"

	"caduceus/internal/base"
	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// recipe is what the Dockerfile is told, and what the screen says of it.
type recipe struct {
	base    base.Choice
	agent   string   // "hermes-agent 0.19.0, pinned source distribution"
	browser string   // "debian", "playwright"
	args    []string // NAME=value
}

func (p *Pipeline) officialBase() (string, error) { return "debian:13.4", nil }

func (p *Pipeline) recipe(ctx context.Context, choice base.Choice) (recipe, error) {
	r := recipe{base: choice, agent: "hermes-agent 0.19.0", browser: "debian"}
	r.args = []string{"BASE_IMAGE=" + choice.Ref, "BINARIES=prebuilt", "VERSION=" + p.version(), "REVISION=" + p.git(ctx, "rev-parse", "HEAD"),
		"SOURCE_DATE_EPOCH=" + p.git(ctx, "log", "-1", "--format=%ct")}
	return r, nil
}

func (r recipe) checkBudget(Variant, engine.Image, []engine.Layer) error { return nil }

// git asks the repository; a source tree without one has no answer.
func (p *Pipeline) git(ctx context.Context, args ...string) string {
	var out strings.Builder
	if err := p.Run.Run(ctx, host.Cmd{Path: "git", Args: args, Dir: p.Root, Stdout: &out}); err != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}
