package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"caduceus/ci/internal/dagger"
	"caduceus/internal/publish"
)

// packages are those of Debian that the container tests want beside Go: engine, client
// and registry.
const packages = "docker.io docker-cli docker-buildx docker-registry iptables"

// enginePort is where the tests' engine listens, for its one client.
const enginePort = 2375

// startEngine makes the folder of the engine's control groups writable, as an engine in a
// container needs it, and starts the engine. Registries of the private network are those
// of the tests.
const startEngine = `mount -o remount,rw /sys/fs/cgroup 2>/dev/null
exec dockerd --host=tcp://0.0.0.0:2375 --tls=false --insecure-registry=10.0.0.0/8`

// loadImage gives the archive to the engine and asks for the image by its id.
const loadImage = `curl -fsS -H 'Content-Type: application/x-tar' --data-binary @/image.tar http://docker:2375/images/load &&
curl -fsS -o /dev/null "http://docker:2375/images/$HERMES_TEST_IMAGE/json"`

// runTests says where this container can be reached, for the registry that the tests start.
const runTests = `HERMES_TEST_ADDRESS=$(hostname -I | cut -d' ' -f1) exec go tool mage test:docker`

// TestDocker runs the contract on containers of an image, in a Docker engine of its own.
//
// +cache="never"
func (m *Caduceus) TestDocker(
	ctx context.Context,
	// what image-tarball gave; the default builds it
	// +optional
	image *dagger.File,
	// only tests that match
	// +optional
	run string,
	// image to build on, where no image is given
	// +optional
	base string,
) (string, error) {
	if image == nil {
		var err error
		if image, err = m.ImageTarball(ctx, "full", nil, base, "dev"); err != nil {
			return "", err
		}
	}
	_, facts, err := inspect(ctx, image)
	if err != nil {
		return "", err
	}
	workshop, err := m.workshop(ctx)
	if err != nil {
		return "", err
	}
	return workshop.
		WithServiceBinding("docker", engine(workshop)).
		WithEnvVariable("DOCKER_HOST", fmt.Sprintf("tcp://docker:%d", enginePort)).
		WithEnvVariable("HERMES_TEST_IMAGE", facts.ID).
		WithEnvVariable("RUN", run).
		WithMountedFile("/image.tar", image).
		With(fresh).
		WithExec([]string{"sh", "-c", loadImage}).
		WithExec([]string{"sh", "-c", runTests}).
		Stdout(ctx)
}

// workshop is the toolchain with what the container tests want.
func (m *Caduceus) workshop(ctx context.Context) (*dagger.Container, error) {
	c, err := m.toolchain(ctx, "go.mod")
	if err != nil {
		return nil, err
	}
	install := "apt-get update && apt-get install -y --no-install-recommends " + packages
	return c.WithExec([]string{"sh", "-c", install}).WithDirectory("/src", m.Source), nil
}

// engine is a Docker engine whose images go with it.
func engine(c *dagger.Container) *dagger.Service {
	return c.WithMountedTemp("/var/lib/docker").
		WithExposedPort(enginePort).
		With(fresh).
		AsService(dagger.ContainerAsServiceOpts{Args: []string{"sh", "-c", startEngine}, InsecureRootCapabilities: true})
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
