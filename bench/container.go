package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"caduceus/bench/measure"
	"caduceus/internal/engine"
)

// idleLimit is how long a container may take until all of it runs.
const idleLimit = time.Minute

// spec is what a container runs.
type spec struct {
	image      string
	entrypoint []string // none: the image's
	cmd, binds []string
}

// inContainer runs a command in a new container. It returns what was printed to stdout, and the time from the start to the
// end as the engine sees them. A command that fails is an error with what it printed to stderr.
func inContainer(ctx context.Context, e *engine.Engine, s spec) (out string, took time.Duration, err error) {
	api := e.API()
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot run %q in a container of %q: %w", s.cmd, s.image, err)
		}
	}()
	c, err := api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{Image: s.image, Entrypoint: s.entrypoint, Cmd: s.cmd}, HostConfig: &container.HostConfig{Binds: s.binds},
	})
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, remove(ctx, api, c.ID)) }()
	began := time.Now()
	ended := api.ContainerWait(ctx, c.ID, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := api.ContainerStart(ctx, c.ID, client.ContainerStartOptions{}); err != nil {
		return "", 0, err
	}
	var code int64
	select {
	case err := <-ended.Error:
		return "", 0, err
	case end := <-ended.Result:
		code = end.StatusCode
	}
	took = time.Since(began)
	logs, err := api.ContainerLogs(ctx, c.ID, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = logs.Close() }()
	var stdout, stderr bytes.Buffer
	if _, err := stdcopy.StdCopy(&stdout, &stderr, logs); err != nil {
		return "", 0, err
	}
	if code != 0 {
		return "", 0, fmt.Errorf("it ended with exit code %d: %s", code, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), took, nil
}

// idle is a container whose CMD only waits.
type idle struct {
	measure.Running
	id  string
	api client.APIClient
}

// register is a CMD that makes slots of hermes out of the directories of /bench, and then only waits. It copies them to
// where no scan looks and renames them, so that none is seen in part.
const register = `cp -r /bench /run/service/.bench && mv /run/service/.bench/* /run/service/ && rmdir /run/service/.bench &&
	/command/s6-svscanctl -a /run/service && exec sleep infinity`

// startIdle starts a container of an image, with the volume as its data directory and the slots of a directory beside
// those of the image, and returns when its CMD and that many services run.
func startIdle(ctx context.Context, e *engine.Engine, image, volume, services string, count int) (_ *idle, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot start an idle container of %q: %w", image, err)
		}
	}()
	c := &idle{api: e.API()}
	cmd, binds := []string{"sleep", "infinity"}, []string{volume + ":/opt/data"}
	if count > 0 {
		cmd, binds = []string{"sh", "-c", register}, append(binds, services+":/bench:ro")
	}
	created, err := c.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{Image: image, Cmd: cmd}, HostConfig: &container.HostConfig{Binds: binds},
	})
	if err != nil {
		return nil, err
	}
	c.id = created.ID
	defer func() {
		if err != nil {
			err = errors.Join(err, c.remove(ctx))
		}
	}()
	if _, err := c.api.ContainerStart(ctx, c.id, client.ContainerStartOptions{}); err != nil {
		return nil, err
	}
	started, err := c.api.ContainerInspect(ctx, c.id, client.ContainerInspectOptions{})
	if err != nil {
		return nil, err
	}
	c.Running = measure.Running(started.Container.State.Pid)
	return c, c.await(ctx, count)
}

// await waits until CMD and the services run.
func (c *idle) await(ctx context.Context, services int) error {
	limit := time.After(idleLimit)
	for {
		if _, err := c.Supervisors(); err != nil {
			return err
		}
		cmd, up := c.Count("sleep", "infinity"), c.Count(serviceWords...)
		if cmd == 1 && up == services {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-limit:
			return fmt.Errorf("%d main programs and %d of %d services run after %v", cmd, up, services, idleLimit)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *idle) remove(ctx context.Context) error { return remove(ctx, c.api, c.id) }

// export writes the files of an image as a tar.
func export(ctx context.Context, e *engine.Engine, image string, to io.Writer) (err error) {
	api := e.API()
	c, err := api.ContainerCreate(ctx, client.ContainerCreateOptions{Image: image})
	if err != nil {
		return fmt.Errorf("cannot read the files of image %q: %w", image, err)
	}
	defer func() { err = errors.Join(err, remove(ctx, api, c.ID)) }()
	files, err := api.ContainerExport(ctx, c.ID, client.ContainerExportOptions{})
	if err != nil {
		return fmt.Errorf("cannot read the files of image %q: %w", image, err)
	}
	defer func() { _ = files.Close() }()
	_, err = io.Copy(to, files)
	return err
}

// remove removes a container, also after ctx has ended.
func remove(ctx context.Context, api client.APIClient, id string) error {
	_, err := api.ContainerRemove(context.WithoutCancel(ctx), id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	return err
}
