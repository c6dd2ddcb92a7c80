package engine

import (
	"context"
	"errors"
)

// Find connects to the engine that the environment names (DOCKER_HOST, a context), else to the first
// that answers at the usual sockets. It starts none; Ensure does. Its errors are Problems.
func Find(ctx context.Context, getenv func(string) string) (*Engine, error) {
	at, err := Endpoints(getenv)
	if err != nil {
		return nil, err
	}
	return connectFirst(ctx, at)
}

// connectFirst tries one address after the other. The error is that of the first, unless
// a later one has an engine that cannot be used.
func connectFirst(ctx context.Context, at []Endpoint) (*Engine, error) {
	var why error
	for _, e := range at {
		found, err := Connect(ctx, e)
		if err == nil {
			return found, nil
		}
		if why == nil || !errors.Is(err, ErrNone) {
			why = err
		}
	}
	return nil, why
}
