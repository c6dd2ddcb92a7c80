package pipeline

import (
	"context"

	"caduceus/internal/build/publish/local"
)

// Publish pushes a variant of the image in this host's engine to address.
func (p *Pipeline) Publish(ctx context.Context, address string, v Variant) error {
	if err := p.check("VERSION", "CHANNEL", "PUBLISH_IMAGE"); err != nil {
		return err
	}
	return local.New(p.Root, p.Run, p.Getenv, p.Out).Publish(ctx, p.Facts, address, string(v))
}
