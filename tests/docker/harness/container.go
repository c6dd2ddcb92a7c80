package harness

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// Container is one container of the run.
type Container struct {
	ID   string
	Name string

	engine *Engine
	inner  testcontainers.Container
	image  string
	tty    bool

	journal *journal // of the check that uses it; nil: nobody's
	trust   *trust   // in its tools; nil: nobody asks
}

// Start creates and starts a container. It returns once the engine has started
// it, long before its init has booted; use Boot or Poll to wait for more. The
// container is not nil when only the start failed.
func (e *Engine) Start(ctx context.Context, spec Spec) (*Container, error) {
	name := e.name("c")
	e.made.Add(1)
	inner, err := e.library.CreateContainer(ctx, e.request(name, spec))
	if err != nil {
		return nil, fmt.Errorf("cannot create container %q of %q: %w", name, spec.Image, err)
	}
	c := &Container{ID: inner.GetContainerID(), Name: name, engine: e, inner: inner, image: spec.Image, tty: spec.TTY}
	if err := c.Copy(ctx, spec.Files...); err != nil {
		return c, err
	}
	if err := inner.Start(ctx); err != nil {
		return c, fmt.Errorf("cannot start container %q of %q: %w", name, spec.Image, err)
	}
	return c, nil
}

func (e *Engine) request(name string, spec Spec) testcontainers.ContainerRequest {
	return testcontainers.ContainerRequest{
		Name: name, Image: spec.Image, Entrypoint: spec.Entrypoint, Cmd: spec.Cmd, Env: spec.Env,
		Labels: e.labels(),
		ConfigModifier: func(c *container.Config) {
			c.User, c.WorkingDir = spec.User, spec.WorkDir
			c.Tty, c.OpenStdin = spec.TTY, spec.TTY
		},
		HostConfigModifier: func(h *container.HostConfig) {
			limit(h)
			if e.probe != "" {
				h.Mounts = append(h.Mounts, e.probeMount(true))
			}
			for _, v := range spec.Volumes {
				h.Mounts = append(h.Mounts, v.mount())
			}
			if spec.Host != nil {
				spec.Host(h)
			}
		},
	}
}

// limit keeps an image that forks, eats and prints without end from taking the engine's host with it. A Spec may set others.
func limit(h *container.HostConfig) {
	pids := int64(2048)
	h.PidsLimit = &pids
	h.Memory = 4 << 30
	h.LogConfig = container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "32m"}}
}

// Copy puts files into the container, running or not. Parents that are missing
// are made by the engine and belong to root.
func (c *Container) Copy(ctx context.Context, files ...File) error {
	if len(files) == 0 {
		return nil
	}
	content, err := archive(files)
	if err != nil {
		return err
	}
	_, err = c.engine.api.CopyToContainer(ctx, c.ID, client.CopyToContainerOptions{
		DestinationPath: "/", Content: content, CopyUIDGID: false,
	})
	if err != nil {
		return fmt.Errorf("cannot copy files into %q: %w", c.Name, err)
	}
	return nil
}

// Inspect returns the engine's view of the container.
func (c *Container) Inspect(ctx context.Context) (container.InspectResponse, error) {
	got, err := c.engine.api.ContainerInspect(ctx, c.ID, client.ContainerInspectOptions{})
	if err != nil {
		return container.InspectResponse{}, fmt.Errorf("cannot inspect %q: %w", c.Name, err)
	}
	return got.Container, nil
}

// Running reports whether the container's init lives.
func (c *Container) Running(ctx context.Context) (bool, error) {
	got, err := c.Inspect(ctx)
	if err != nil {
		return false, err
	}
	return got.State.Running, nil
}

// Restart does what docker restart does.
func (c *Container) Restart(ctx context.Context) error {
	if _, err := c.engine.api.ContainerRestart(ctx, c.ID, client.ContainerRestartOptions{}); err != nil {
		return fmt.Errorf("cannot restart %q: %w", c.Name, err)
	}
	return nil
}

// Remove removes the container and its anonymous volumes.
func (c *Container) Remove(ctx context.Context) error { return c.engine.remove(ctx, c.ID) }

// maxLogs bounds what is read of a container's log.
const maxLogs = 16 << 20

// Logs returns all output since the container was created. With a terminal
// both streams are one, returned as stdout. More than maxLogs of one is an error, with what was read.
func (c *Container) Logs(ctx context.Context) (stdout, stderr string, err error) {
	r, err := c.engine.api.ContainerLogs(ctx, c.ID, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if errdefs.IsNotFound(err) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("cannot read the logs of %q: %w", c.Name, err)
	}
	defer func() { _ = r.Close() }()
	res, err := drain(r, c.tty, maxLogs)
	if err != nil {
		err = fmt.Errorf("cannot read the logs of %q: %w", c.Name, err)
	}
	return res.Stdout, res.Stderr, err
}

// AllLogs returns stdout and then stderr, as one text to search in.
func (c *Container) AllLogs(ctx context.Context) (string, error) {
	out, errs, err := c.Logs(ctx)
	return out + errs, err
}
