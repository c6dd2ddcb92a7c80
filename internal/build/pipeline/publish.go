package pipeline

import (
	"context"

	"caduceus/internal/build/publish/local"
)

// Publish pushes an image of this host's engine to address: that of a variant, or publish.Verifier.
func (p *Pipeline) Publish(ctx context.Context, address, variant string) error {
	if err := p.check("VERSION", "CHANNEL", "PUBLISH_IMAGE"); err != nil {
		return err
	}
	return local.New(p.Root, p.Run, p.Getenv, p.Out).Publish(ctx, p.Facts, address, variant)
}
