package pipeline

import (
	"context"
	"errors"
	"strings"

	"caduceus/image"
	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// checkBudget refuses a variant that is larger than image/budget.json allows. Only
// then does it ask the image for its packages, so that the refusal can name them.
func (p *Pipeline) checkBudget(ctx context.Context, e *engine.Engine, c engine.Client, spec image.Spec, v Variant, img engine.Image, layers []engine.Layer) error {
	m := image.Measured{Bytes: img.SizeBytes}
	for _, l := range layers {
		m.Layers = append(m.Layers, image.Layer{CreatedBy: l.CreatedBy, Bytes: l.SizeBytes})
	}
	err := spec.CheckBudget(string(v), m)
	if _, over := errors.AsType[*image.OverBudget](err); !over {
		return err
	}
	query := image.PackageQuery()
	var out strings.Builder
	ask := host.Cmd{
		Path: c.Path, Env: e.Env(), Stdout: &out,
		Args: append([]string{"run", "--rm", "--network=none", "--entrypoint", query[0], img.ID}, query[1:]...),
	}
	if p.Run.Run(ctx, ask) != nil {
		return err // the layers alone name what grew
	}
	if m.Packages, _ = image.ParsePackages(out.String()); len(m.Packages) == 0 {
		return err
	}
	return spec.CheckBudget(string(v), m)
}
