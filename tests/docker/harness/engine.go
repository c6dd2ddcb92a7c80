package harness

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"

	"caduceus/internal/engine"
)

const (
	// DefaultImage is tested when nobody names another.
	DefaultImage = "hermes-agent:dev"
	// RunLabel is carried by all that one Engine makes; its value is the run.
	RunLabel = "caduceus.test.run"
	// sweepTimeout bounds the clean-up, which must happen even when the
	// context of the run has ended.
	sweepTimeout = 2 * time.Minute
)

// Options configure an Engine. The zero value tests DefaultImage under a run
// label of its own.
type Options struct {
	Image string // image under test, "": DefaultImage
	Run   string // value of RunLabel, "": random
	Probe []byte // program of cmd/hermes-probe for the engine's machine, nil: processes and slots cannot be seen
}

// Engine makes and removes the containers of one test run. It is safe for
// concurrent use.
type Engine struct {
	image    string
	run      string
	env      []string
	api      client.APIClient
	library  *testcontainers.DockerProvider // starts containers through api
	serial   atomic.Int64
	made     atomic.Int64      // containers
	probe    string            // volume that holds the probe
	probeDir string            // where that volume is in every container
	before   map[string]string // images that were there when the run began, as parents has them

	mu      sync.Mutex
	shared  map[string]*sharedContainer
	trusted map[string]*trust // by image
}

// Containers is how many containers the run has made so far.
func (e *Engine) Containers() int { return int(e.made.Load()) }

// Open connects to the engine that the environment names and makes sure that
// the image under test is there; nothing is ever pulled. From then on the process's
// environment names that engine. Errors say what to do next.
func Open(ctx context.Context, o Options) (*Engine, error) {
	found, err := engine.Find(ctx, os.Getenv)
	if err != nil {
		return nil, err
	}
	library, err := containerLibrary(found)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		image:   cmp.Or(o.Image, DefaultImage),
		run:     cmp.Or(o.Run, rand.Text()[:10]),
		env:     found.Env(),
		api:     found.API(),
		library: library,
		shared:  map[string]*sharedContainer{},
		trusted: map[string]*trust{},
	}
	if _, err := e.InspectImage(ctx, e.image); err != nil {
		return nil, err
	}
	if e.before, err = e.parents(ctx); err != nil {
		return nil, err
	}
	if o.Probe == nil {
		return e, nil
	}
	if err := e.bringProbe(ctx, o.Probe); err != nil {
		return nil, errors.Join(err, e.Sweep(ctx))
	}
	return e, nil
}

// containerLibrary is testcontainers-go on the connection to our engine. The library looks for an
// engine by itself all the same: the environment tells it, and every child of this process, which one
// is ours. Its reaper stays off, as it needs an image of its own; our clean-up goes by label.
func containerLibrary(ours *engine.Engine) (*testcontainers.DockerProvider, error) {
	for _, v := range append(ours.Env(), "TESTCONTAINERS_RYUK_DISABLED=true") {
		name, value, _ := strings.Cut(v, "=")
		if err := os.Setenv(name, value); err != nil {
			return nil, fmt.Errorf("cannot set %s for testcontainers-go: %w", name, err)
		}
	}
	quiet := log.NewNoopLogger()
	log.SetDefault(quiet)
	library, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(quiet))
	if err != nil {
		return nil, fmt.Errorf("cannot use testcontainers-go with engine %q: %w", ours.Host, err)
	}
	_ = library.Close() // its own connection; closing does not fail
	library.SetClient(ours.API())
	return library, nil
}

// API is the one connection to the engine, for what the harness has no method for.
func (e *Engine) API() client.APIClient { return e.api }

// Env has the variables with which Docker's own commands use the same engine.
func (e *Engine) Env() []string { return slices.Clone(e.env) }

// Image is the reference of the image under test.
func (e *Engine) Image() string { return e.image }

// Run is the value of RunLabel on all that this engine makes.
func (e *Engine) Run() string { return e.run }

// InspectImage returns what the engine knows of a local image.
func (e *Engine) InspectImage(ctx context.Context, ref string) (image.InspectResponse, error) {
	got, err := e.api.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return image.InspectResponse{}, fmt.Errorf(
			"cannot test %q: no such image; build it with \"go tool mage build\" or name another in HERMES_TEST_IMAGE", ref)
	}
	if err != nil {
		return image.InspectResponse{}, fmt.Errorf("cannot inspect image %q: %w", ref, err)
	}
	return got.InspectResponse, nil
}

func (e *Engine) labels() map[string]string { return map[string]string{RunLabel: e.run} }

func (e *Engine) name(what string) string {
	return fmt.Sprintf("caduceus-test-%s-%d-%s", e.run, e.serial.Add(1), what)
}

// Sweep removes every container, volume and image that carries the run label.
// It works on after ctx has ended, for at most two minutes.
func (e *Engine) Sweep(ctx context.Context) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), sweepTimeout)
	defer stop()
	mine := client.Filters{}.Add("label", RunLabel+"="+e.run)
	return errors.Join(
		e.sweepContainers(ctx, mine),
		e.sweepVolumes(ctx, mine),
		e.sweepImages(ctx, mine))
}

func (e *Engine) sweepContainers(ctx context.Context, mine client.Filters) error {
	list, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: mine})
	if err != nil {
		return fmt.Errorf("cannot list containers of run %q: %w", e.run, err)
	}
	var errs []error
	for _, c := range list.Items {
		errs = append(errs, e.remove(ctx, c.ID))
	}
	return errors.Join(errs...)
}

func (e *Engine) remove(ctx context.Context, id string) error {
	_, err := e.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
		return fmt.Errorf("cannot remove container %q: %w", id, err)
	}
	return nil
}

func (e *Engine) sweepVolumes(ctx context.Context, mine client.Filters) error {
	list, err := e.api.VolumeList(ctx, client.VolumeListOptions{Filters: mine})
	if err != nil {
		return fmt.Errorf("cannot list volumes of run %q: %w", e.run, err)
	}
	var errs []error
	for _, v := range list.Items {
		if _, err := e.api.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{}); err != nil {
			errs = append(errs, fmt.Errorf("cannot remove volume %q: %w", v.Name, err))
		}
	}
	return errors.Join(errs...)
}

// sweepImages removes the images that were derived, and the steps between them and what
// they were made from. That one stays; an engine that prunes would remove it where it has
// no name.
func (e *Engine) sweepImages(ctx context.Context, mine client.Filters) error {
	derived, err := e.api.ImageList(ctx, client.ImageListOptions{Filters: mine})
	if err != nil {
		return fmt.Errorf("cannot list images of run %q: %w", e.run, err)
	}
	parent, err := e.parents(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range derived.Items {
		for id := i.ID; id != ""; id = parent[id] {
			if _, old := e.before[id]; old {
				break
			}
			_, err := e.api.ImageRemove(ctx, id, client.ImageRemoveOptions{Force: true})
			if errdefs.IsConflict(err) { // a step of another image, too, which comes to it last
				break
			}
			if err != nil && !errdefs.IsNotFound(err) {
				errs = append(errs, fmt.Errorf("cannot remove image %q: %w", id, err))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// parents has all images that the engine has, by their ids, each with the id of the one that
// it was made from; "" where the engine does not know it.
func (e *Engine) parents(ctx context.Context) (map[string]string, error) {
	all, err := e.api.ImageList(ctx, client.ImageListOptions{All: true})
	if err != nil {
		return nil, fmt.Errorf("cannot list images: %w", err)
	}
	parent := map[string]string{}
	for _, i := range all.Items {
		parent[i.ID] = i.ParentID
	}
	return parent, nil
}
