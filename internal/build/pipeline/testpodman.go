package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// podmanTests is where the tests on Podman lie.
const podmanTests = "tests/podman"

// podmanPrograms: Podman, the runtime that takes control groups of both versions, what maps ids for a person, and the process that keeps
// a pod.
func podmanPrograms() []program {
	return []program{{"podman", []string{"podman"}}, {"runc", []string{"runc"}}, {"newuidmap", []string{"uidmap"}}, {"catatonit", []string{"catatonit"}}}
}

// TestPodman runs HERMES_TEST_IMAGE on Podman, as root and as a person that the tests make for it.
func (p *Pipeline) TestPodman(ctx context.Context) error {
	if !p.Facts.Root {
		return &host.Problem{
			What: "cannot test Podman", Cause: "the tests make an account for a person, and run Podman as root, too",
			Next: "run this target as root",
		}
	}
	e, image, err := p.tested(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := p.installPrograms(ctx, "podman", podmanPrograms()); err != nil {
		return err
	}
	verifier, err := p.verifierProgram(ctx)
	if err != nil {
		return err
	}
	archive, err := p.archive(ctx, e, image)
	if err != nil {
		return err
	}
	defer os.Remove(archive) //nolint:errcheck // "mage clean" takes what stays
	p.say("test: image %s", image)
	s := suite{
		name: "podman", env: []string{"HERMES_TEST_ARCHIVE=" + archive, "HERMES_TEST_VERIFIER=" + verifier}, picked: p.Getenv("RUN"),
		args: []string{"-tags=docker", "-count=1", "-timeout=20m"}, packages: []string{"./" + podmanTests},
	}
	return p.test(ctx, s)
}

// archive writes an image of the engine to a file that others can read.
func (p *Pipeline) archive(ctx context.Context, e *engine.Engine, image string) (string, error) {
	client, err := engine.EnsureClient(ctx, p.host())
	if err != nil {
		return "", err
	}
	// The tests' person has to get there, which may not be so in the repository.
	file, err := os.CreateTemp("/var/tmp", "caduceus-image-*.tar")
	if err != nil {
		return "", fmt.Errorf("cannot write the image for Podman: %w", err)
	}
	if err := p.Run.Run(ctx, host.Cmd{Path: client.Path, Env: e.Env(), Args: []string{"save", image}, Stdout: file}); err != nil {
		return "", err
	}
	if err := file.Chmod(0o644); err != nil {
		return "", err
	}
	return filepath.Clean(file.Name()), file.Close()
}
