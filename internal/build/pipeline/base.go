package pipeline

import (
	"context"
	"fmt"
	"os"

	"caduceus/image"
	"caduceus/internal/build/base"
	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// oursOnly in BASE_IMAGE asks for a bootstrapped base, registry or not.
const oursOnly = "bootstrap"

// Base finds or makes the base alone; fresh makes it anew in any case.
func (p *Pipeline) Base(ctx context.Context, fresh bool) error {
	if err := p.check("BASE_IMAGE"); err != nil {
		return err
	}
	if given := p.Getenv("BASE_IMAGE"); fresh && given != "" && given != oursOnly {
		return &host.Problem{
			What: "cannot bootstrap a base", Cause: fmt.Sprintf("BASE_IMAGE names %q to be the base", given),
			Next: "unset it, or build with it",
		}
	}
	spec, err := p.spec()
	if err != nil {
		return err
	}
	var e *engine.Engine
	if err := p.steps.Do("engine", func() (err error) {
		e, err = p.engine(ctx)
		return err
	}); err != nil {
		return err
	}
	defer e.Close()
	err = p.steps.Do("base", func() error {
		_, err := p.base(ctx, e, spec.Base, fresh)
		return err
	})
	if err != nil {
		return err
	}
	p.steps.Table(p.Out)
	return nil
}

func (p *Pipeline) base(ctx context.Context, e *engine.Engine, official string, fresh bool) (base.Choice, error) {
	b := base.Builder{
		Store: e, Run: p.Run, Facts: p.Facts, Say: p.say,
		Official: official, Given: p.Getenv("BASE_IMAGE"), Force: fresh,
	}
	if b.Given == oursOnly {
		b.Given, b.Ours = "", true
	}
	return b.Ensure(ctx)
}

// spec is what the repository says of the image.
func (p *Pipeline) spec() (image.Spec, error) { return image.Load(os.DirFS(p.Root)) }
