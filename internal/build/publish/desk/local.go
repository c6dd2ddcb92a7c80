package desk

import (
	"context"

	"caduceus/internal/build/publish"
	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// local is the Store of a Docker engine.
type local struct {
	engine *engine.Engine
	client engine.Client
	run    host.Runner
}

// Image implements Store.
func (l local) Image(ctx context.Context, ref string) (publish.Image, bool, error) {
	img, ok, err := l.engine.Image(ctx, ref)
	return publish.Image{Name: ref, ID: img.ID, Labels: img.Labels, Created: img.Created}, ok, err
}

// Save implements Store.
func (l local) Save(ctx context.Context, id, file string) error {
	return l.run.Run(ctx, host.Cmd{Path: l.client.Path, Args: []string{"save", "--output", file, id}, Env: l.engine.Env()})
}
