package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"caduceus/internal/engine"
)

// inContainer runs a command in a new container of an image, with the volume as its data directory, and
// gives what it printed to stdout. A command that fails is an error with what it printed to stderr.
func inContainer(ctx context.Context, e *engine.Engine, image, volume string, cmd ...string) (out string, err error) {
	api := e.API()
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot run %q in a container of %q: %w", cmd, image, err)
		}
	}()
	c, err := api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{Image: image, Cmd: cmd}, HostConfig: &container.HostConfig{Binds: []string{volume + ":/opt/data"}},
	})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, remove(ctx, api, c.ID)) }()
	ended := api.ContainerWait(ctx, c.ID, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := api.ContainerStart(ctx, c.ID, client.ContainerStartOptions{}); err != nil {
		return "", err
	}
	var code int64
	select {
	case err := <-ended.Error:
		return "", err
	case end := <-ended.Result:
		code = end.StatusCode
	}
	logs, err := api.ContainerLogs(ctx, c.ID, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return "", err
	}
	defer func() { _ = logs.Close() }()
	var stdout, stderr bytes.Buffer
	if _, err := stdcopy.StdCopy(&stdout, &stderr, logs); err != nil {
		return "", err
	}
	if code != 0 {
		return "", fmt.Errorf("it ended with exit code %d: %s", code, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

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
