package main

import (
	"context"
	"os"
	"path/filepath"

	"caduceus/ci/internal/dagger"
	"caduceus/internal/publish"
)

// engineSocket is where a Docker engine listens in a test container.
const engineSocket = "/var/run/docker.sock"

// loadImage gives the archive to the engine behind the socket and asks for the image by its id.
const loadImage = `curl -fsS --unix-socket "$1" -H 'Content-Type: application/x-tar' --data-binary "@$2" http://engine/images/load &&
curl -fsS -o /dev/null --unix-socket "$1" "http://engine/images/$3/json"`

// TestDocker runs the contract on containers of an image, in the Docker engine behind a
// socket. The image stays there, without a name.
//
// +cache="never"
func (m *Caduceus) TestDocker(
	ctx context.Context,
	// socket of a Docker engine: /var/run/docker.sock
	docker *dagger.Socket,
	// what image-tarball gave; the default builds it
	// +optional
	image *dagger.File,
	// only tests that match
	// +optional
	run string,
) (string, error) {
	if image == nil {
		var err error
		if image, err = m.ImageTarball(ctx, "full", nil, "", "dev"); err != nil {
			return "", err
		}
	}
	_, facts, err := inspect(ctx, image)
	if err != nil {
		return "", err
	}
	c, err := m.toolchain(ctx)
	if err != nil {
		return "", err
	}
	return c.WithUnixSocket(engineSocket, docker).
		WithEnvVariable("DOCKER_HOST", "unix://"+engineSocket).
		WithMountedFile("/image.tar", image).
		With(fresh).
		WithExec([]string{"sh", "-c", loadImage, "load", engineSocket, "/image.tar", facts.ID}).
		WithEnvVariable("HERMES_TEST_IMAGE", facts.ID).
		WithEnvVariable("HERMES_TEST_ENGINE", "elsewhere").
		WithEnvVariable("RUN", run).
		WithExec([]string{"go", "tool", "mage", "test:docker"}).
		Stdout(ctx)
}

// inspect brings an archive to the module's own file system and reads it.
func inspect(ctx context.Context, image *dagger.File) (path string, facts publish.Image, err error) {
	dir, err := os.MkdirTemp("", "image-")
	if err != nil {
		return "", publish.Image{}, err
	}
	path = filepath.Join(dir, "image.tar")
	if _, err := image.Export(ctx, path); err != nil {
		return "", publish.Image{}, err
	}
	facts, err = publish.Inspect(path)
	return path, facts, err
}
