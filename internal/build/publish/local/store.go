package local

import (
	"context"

	"caduceus/internal/build/publish"
	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// dockerStore is the Store of a Docker engine.
type dockerStore struct {
	engine *engine.Engine
	client engine.Client
	run    host.Runner
}

// Image implements Store.
func (s dockerStore) Image(ctx context.Context, ref string) (publish.Image, bool, error) {
	img, ok, err := s.engine.Image(ctx, ref)
	return publish.Image{Name: ref, ID: img.ID, Labels: img.Labels, Created: img.Created}, ok, err
}

// Save implements Store.
func (s dockerStore) Save(ctx context.Context, id, file string) error {
	return s.run.Run(ctx, host.Cmd{Path: s.client.Path, Args: []string{"save", "--output", file, id}, Env: s.engine.Env()})
}
