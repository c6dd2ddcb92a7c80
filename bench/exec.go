package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"caduceus/internal/engine"
)

// execs are how many times each command is executed for one sample: the quickest one counts, as the engine's own share
// varies much.
const execs = 5

// healthExec executes the health check and true, in turns, in a container that has booted, and returns how long each took
// in milliseconds, as who asked the engine waits for it.
func healthExec(ctx context.Context, e *engine.Engine, image string) (health, bare float64, err error) {
	api := e.API()
	c, err := api.ContainerCreate(ctx, client.ContainerCreateOptions{Config: &container.Config{Image: image, Cmd: []string{"sleep", "infinity"}}})
	if err != nil {
		return 0, 0, fmt.Errorf("cannot measure the health check of %q: %w", image, err)
	}
	defer func() { err = errors.Join(err, remove(ctx, api, c.ID)) }()
	if _, err := api.ContainerStart(ctx, c.ID, client.ContainerStartOptions{}); err != nil {
		return 0, 0, err
	}
	const check = "/command/hermes-health"
	booted, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, code, err := execute(booted, api, c.ID, check); err != nil || code == 0 {
			if err != nil {
				return 0, 0, fmt.Errorf("cannot wait for the boot of %q: %w", image, err)
			}
			break
		}
		<-tick.C
	}
	for range execs {
		for command, least := range map[string]*float64{check: &health, "true": &bare} {
			took, code, err := execute(ctx, api, c.ID, command)
			if err == nil && code != 0 {
				err = fmt.Errorf("it ended with exit code %d", code)
			}
			if err != nil {
				return 0, 0, fmt.Errorf("cannot execute %q in a container of %q: %w", command, image, err)
			}
			if ms := float64(took) / float64(time.Millisecond); *least == 0 || ms < *least {
				*least = ms
			}
		}
	}
	return health, bare, nil
}

// execute runs a command in a container, to the end of its output.
func execute(ctx context.Context, api client.APIClient, id, command string) (took time.Duration, code int, err error) {
	began := time.Now()
	created, err := api.ExecCreate(ctx, id, client.ExecCreateOptions{Cmd: []string{command}, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return 0, 0, err
	}
	attached, err := api.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return 0, 0, err
	}
	defer attached.Close()
	if _, err := io.Copy(io.Discard, attached.Reader); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	for {
		state, err := api.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
		if err != nil || !state.Running {
			return took, state.ExitCode, err
		}
	}
}
