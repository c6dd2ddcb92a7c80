package harness

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"caduceus/internal/verify/probe"
)

// bringProbe puts the probe into a volume of the run, through a container that never starts. Every container of the
// run has that volume, so that a root that is read-only does not matter.
func (e *Engine) bringProbe(ctx context.Context, program []byte) error {
	name := e.name("probe")
	if _, err := e.api.VolumeCreate(ctx, client.VolumeCreateOptions{Name: name, Labels: e.labels()}); err != nil {
		return fmt.Errorf("cannot create the probe's volume: %w", err)
	}
	e.probe, e.probeDir = name, probe.NewDir()
	created, err := e.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Name:       e.name("probe"),
		Config:     &container.Config{Image: e.image, Labels: e.labels(), Cmd: []string{probe.Program(e.probeDir)}},
		HostConfig: &container.HostConfig{Mounts: []mount.Mount{e.probeMount(false)}},
	})
	if err != nil {
		return fmt.Errorf("cannot create the probe's container of %q: %w", e.image, err)
	}
	content, err := archive([]File{{Path: path.Base(probe.Program(e.probeDir)), Content: string(program), Mode: 0o555}})
	if err != nil {
		return err
	}
	_, err = e.api.CopyToContainer(ctx, created.ID, client.CopyToContainerOptions{ // below "/" Podman does not look for volumes
		DestinationPath: e.probeDir, Content: content,
	})
	if err != nil {
		return fmt.Errorf("cannot copy the probe into its volume: %w", err)
	}
	return e.remove(ctx, created.ID)
}

func (e *Engine) probeMount(readOnly bool) mount.Mount {
	return mount.Mount{Type: mount.TypeVolume, Source: e.probe, Target: e.probeDir, ReadOnly: readOnly}
}

// Ask asks the probe inside the container, as root. An answer that is not the probe's is probe.ErrDisturbed.
func (c *Container) Ask(ctx context.Context, question string, operands ...string) (probe.Answer, error) {
	if c.engine.probe == "" {
		return probe.Answer{}, fmt.Errorf("cannot look into %q: no probe was given", c.Name)
	}
	word := rand.Text()
	res, err := c.exec(ctx, Exec{
		Cmd: probe.Ask(c.engine.probeDir, word, question, operands...), User: "0", Dir: "/", Env: []string{"GOMAXPROCS=1"},
	})
	if err != nil {
		return probe.Answer{}, fmt.Errorf("cannot ask the probe in %q about %q: %w", c.Name, question, err)
	}
	if res.Code != 0 {
		return probe.Answer{}, fmt.Errorf("%w in %q: asked about %q, it ended with %s", probe.ErrDisturbed, c.Name, question, clip(res.String()))
	}
	answer, err := probe.Read(bytes.TrimSpace([]byte(res.Stdout)), word, question)
	if err != nil {
		return answer, fmt.Errorf("in %q: %w", c.Name, err)
	}
	return answer, nil
}

// Seen is what the probe sees at a path.
type Seen = probe.File

// Files asks the probe what lies at paths, and returns it by path.
func (c *Container) Files(ctx context.Context, paths ...string) (map[string]Seen, error) {
	answer, err := c.Ask(ctx, probe.Files, paths...)
	if err != nil {
		return nil, err
	}
	if len(answer.Files) != len(paths) {
		return nil, fmt.Errorf("%w in %q: it answered about %d files, not %d", probe.ErrDisturbed, c.Name, len(answer.Files), len(paths))
	}
	files := map[string]Seen{}
	for i, f := range answer.Files {
		files[paths[i]] = f
	}
	return files, nil
}

// Content asks the probe for a regular file, all of it.
func (c *Container) Content(ctx context.Context, file string) (string, error) {
	answer, err := c.Ask(ctx, probe.Content, file)
	if err == nil && answer.Cut {
		err = fmt.Errorf("%q is larger than the %d bytes that are read", file, probe.MaxContent)
	}
	return string(answer.Content), err
}

// Exposed asks the probe for what lies in a tree that others than root may change, or that not everyone may read; more says that
// these are the first.
func (c *Container) Exposed(ctx context.Context, dir string) (list []Seen, more bool, err error) {
	answer, err := c.Ask(ctx, probe.Exposed, dir)
	return answer.Files, answer.Cut, err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
