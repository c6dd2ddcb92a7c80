package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/client"

	"caduceus/internal/verify/probe"
)

// Subject is an image as one check sees it. It remembers the containers the
// check used; Close removes those the check started itself.
type Subject struct {
	engine  *Engine
	image   string
	journal *journal

	mu      sync.Mutex
	notes   []string
	own     []*Container
	used    []*Container
	volumes []string
}

// Scenario is a way to run the image that many checks look at without
// changing it: its container is started once and shared.
type Scenario struct {
	Name  string
	Spec  Spec
	Ready func(ctx context.Context, c *Container) error
}

type sharedContainer struct {
	once sync.Once
	c    *Container
	err  error
}

// Subject begins a check of an image; "" is the image under test.
func (e *Engine) Subject(ref string) *Subject {
	if ref == "" {
		ref = e.image
	}
	return &Subject{engine: e, image: ref, journal: &journal{}}
}

// Image is the reference of the subject's image.
func (s *Subject) Image() string { return s.image }

// Probe is the path of the probe in every container.
func (s *Subject) Probe() string { return probe.Program(s.engine.probeDir) }

// Inspect returns the image's configuration.
func (s *Subject) Inspect(ctx context.Context) (image.InspectResponse, error) {
	got, err := s.engine.InspectImage(ctx, s.image)
	s.journal.add(step{exec: []string{"image", "inspect", "--format", settingsFormat, `"$image"`}, output: settings(got)})
	return got, err
}

// Start starts a container for this check alone.
func (s *Subject) Start(ctx context.Context, spec Spec) (*Container, error) {
	if spec.Image == "" {
		spec.Image = s.image
	}
	if program := slices.Concat(spec.Entrypoint, spec.Cmd); asksTool(program) {
		if err := s.engine.trustTools(ctx, spec.Image); err != nil {
			return nil, err
		}
	}
	c, err := s.engine.Start(ctx, spec)
	if c != nil {
		c.journal, c.trust = s.journal, &trust{}
		s.journal.add(step{container: c.ID, start: spec.flags(), files: len(spec.Files)})
		s.mu.Lock()
		s.own, s.used = append(s.own, c), append(s.used, c)
		s.mu.Unlock()
	}
	return c, err
}

// Shared returns the one container of a scenario, started and ready. A
// scenario that failed to start fails for every check that wants it.
func (s *Subject) Shared(ctx context.Context, sc Scenario) (*Container, error) {
	key := s.image + " " + sc.Name
	s.engine.mu.Lock()
	entry := s.engine.shared[key]
	if entry == nil {
		entry = &sharedContainer{}
		s.engine.shared[key] = entry
	}
	s.engine.mu.Unlock()
	entry.once.Do(func() {
		spec := sc.Spec
		spec.Image = s.image
		if entry.c, entry.err = s.engine.Start(ctx, spec); entry.c != nil {
			entry.c.trust = &trust{}
		}
		if entry.err == nil && sc.Ready != nil {
			entry.err = sc.Ready(ctx, entry.c)
		}
	})
	if entry.c != nil {
		s.mu.Lock()
		s.used = append(s.used, entry.c)
		s.mu.Unlock()
		s.journal.add(step{container: entry.c.ID, start: sc.Spec.flags(), files: len(sc.Spec.Files)})
	}
	if entry.err != nil {
		return nil, fmt.Errorf("cannot use scenario %q: %w", sc.Name, entry.err)
	}
	mine := *entry.c // the same container, with what this check asks of it
	mine.journal = s.journal
	return &mine, nil
}

// Note keeps a line for people: what a check did to its containers, and what it saw.
func (s *Subject) Note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// Notes are those lines.
func (s *Subject) Notes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes)
}

// Volume makes a named volume that lives as long as the check.
func (s *Subject) Volume(ctx context.Context) (string, error) {
	name := s.engine.name("v")
	_, err := s.engine.api.VolumeCreate(ctx, client.VolumeCreateOptions{Name: name, Labels: s.engine.labels()})
	if err != nil {
		return "", fmt.Errorf("cannot create volume %q: %w", name, err)
	}
	s.mu.Lock()
	s.volumes = append(s.volumes, name)
	s.mu.Unlock()
	return name, nil
}

// Close removes what the check started. It works on after ctx has ended.
func (s *Subject) Close(ctx context.Context) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), sweepTimeout)
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range s.own {
		errs = append(errs, c.Remove(ctx))
	}
	for _, v := range s.volumes {
		if _, err := s.engine.api.VolumeRemove(ctx, v, client.VolumeRemoveOptions{}); err != nil {
			errs = append(errs, fmt.Errorf("cannot remove volume %q: %w", v, err))
		}
	}
	s.own, s.volumes = nil, nil
	return errors.Join(errs...)
}

// evidenceTimeout bounds what is kept of a container that floods or does not answer.
const evidenceTimeout = 30 * time.Second

// Evidence writes what the containers of this check look like, one folder a
// container under dir. It works on after ctx has ended.
func (s *Subject) Evidence(ctx context.Context, dir string) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), evidenceTimeout)
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range s.used {
		into := filepath.Join(dir, c.Name)
		if err := os.MkdirAll(into, 0o755); err != nil {
			return fmt.Errorf("cannot keep evidence: %w", err)
		}
		errs = append(errs, c.Evidence(ctx, into))
	}
	return errors.Join(errs...)
}

// HostPath is where a file of a volume lies on the engine's host, for a bind mount of that file alone.
func (s *Subject) HostPath(ctx context.Context, volume, file string) (string, error) {
	got, err := s.engine.api.VolumeInspect(ctx, volume, client.VolumeInspectOptions{})
	if err != nil {
		return "", fmt.Errorf("cannot inspect volume %q: %w", volume, err)
	}
	return path.Join(got.Volume.Mountpoint, file), nil
}
