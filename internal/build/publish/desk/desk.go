package desk

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/build/publish"
	"caduceus/internal/engine"
	"caduceus/internal/host"
)

// Store is the engine's side of a publication.
type Store interface {
	// Image looks an image up; false where the engine has none of that name.
	Image(ctx context.Context, ref string) (publish.Image, bool, error)
	// Save writes the image as "docker save" does.
	Save(ctx context.Context, id, file string) error
}

// Desk is one "mage publish".
type Desk struct {
	Root    string // the repository
	Run     host.Runner
	Getenv  func(string) string
	Say     func(format string, args ...any)
	Options publish.Options // credentials are those of the environment
}

// New is the desk of a repository; out is what a person reads.
func New(root string, run host.Runner, getenv func(string) string, out io.Writer) Desk {
	return Desk{Root: root, Run: run, Getenv: getenv, Say: func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }}
}

// Publish pushes the variant's image of the engine on this host. Beside the address
// and the variant it obeys VERSION, CHANNEL (names, separated by spaces) and
// PUBLISH_IMAGE (the name of the image in the engine).
func (d Desk) Publish(ctx context.Context, facts host.Facts, address, variant string) error {
	if _, err := publish.ParseAddress(address); err != nil {
		return err
	}
	on := engine.Host{Facts: facts, Run: d.Run, Getenv: d.Getenv, Say: d.Say}
	e, err := engine.Ensure(ctx, on)
	if err != nil {
		return err
	}
	defer e.Close()
	client, err := engine.EnsureClient(ctx, on)
	if err != nil {
		return err
	}
	_, err = d.From(ctx, local{e, client, d.Run}, publish.Request{
		Address: address, Variant: variant, Channels: strings.Fields(d.Getenv("CHANNEL")), Version: d.Getenv("VERSION"),
	})
	return err
}

// From publishes an image of the given store.
func (d Desk) From(ctx context.Context, store Store, r publish.Request) (publish.Result, error) {
	credentials, err := publish.FromEnv(d.Getenv)
	if err != nil {
		return publish.Result{}, err
	}
	facts, err := d.facts(ctx, store, r)
	if err != nil {
		return publish.Result{}, err
	}
	plan, err := publish.Decide(r, facts)
	if err != nil {
		return publish.Result{}, err
	}
	o := d.Options
	o.Credentials, o.Say = credentials, d.Say
	if err := publish.Ready(ctx, plan, o); err != nil {
		return publish.Result{}, err
	}
	result, err := d.push(ctx, store, plan, o)
	if err != nil {
		return publish.Result{}, err
	}
	d.report(result)
	return result, nil
}

// Cache is the folder of the repository with the record of tests.
func (d Desk) Cache() string { return filepath.Join(d.Root, ".cache") }

func (d Desk) facts(ctx context.Context, store Store, r publish.Request) (publish.Facts, error) {
	name := d.Getenv("PUBLISH_IMAGE")
	if name == "" {
		name = localName(r.Variant)
	}
	img, ok, err := store.Image(ctx, name)
	if err != nil {
		return publish.Facts{}, err
	}
	if !ok {
		return publish.Facts{}, &host.Problem{
			What: fmt.Sprintf("cannot publish %q", name), Cause: "the engine has no such image",
			Next: `run "go tool mage build" and "go tool mage test:docker"`,
		}
	}
	img.Name = name
	tree, err := Tree(ctx, d.Run, d.Root)
	if err != nil {
		return publish.Facts{}, err
	}
	passes, err := publish.Passes(d.Cache())
	return publish.Facts{Image: img, Tree: tree, Passes: passes}, err
}

// localName is the name that a build gives the variant.
func localName(variant string) string {
	if variant == publish.Variants()[0] {
		return "hermes-agent:dev"
	}
	return "hermes-agent:dev-" + variant
}

func (d Desk) push(ctx context.Context, store Store, plan publish.Plan, o publish.Options) (publish.Result, error) {
	dir, err := d.scratch()
	if err != nil {
		return publish.Result{}, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the next "mage clean" takes what stays
	archive := filepath.Join(dir, "image.tar")
	d.Say("publish: taking %s out of the engine", plan.ImageID)
	if err := store.Save(ctx, plan.ImageID, archive); err != nil {
		return publish.Result{}, err
	}
	d.Say("publish: packing its layers")
	img, err := publish.Pack(archive, dir, plan.Annotations)
	if err != nil {
		return publish.Result{}, err
	}
	d.Say("publish: pushing to %s", plan.Repository)
	return publish.Push(ctx, plan, img, o)
}

func (d Desk) scratch() (string, error) {
	if err := os.MkdirAll(d.Cache(), 0o755); err != nil {
		return "", fmt.Errorf("cannot make a scratch folder: %w", err)
	}
	dir, err := os.MkdirTemp(d.Cache(), "publish-")
	if err != nil {
		return "", fmt.Errorf("cannot make a scratch folder: %w", err)
	}
	return dir, nil
}

func (d Desk) report(r publish.Result) {
	if !r.Changed {
		d.Say("publish: the registry had all of it; nothing changed")
	}
	for _, tag := range r.Tags {
		d.Say("tag     %s", tag)
	}
	d.Say("digest  %s", r.Reference)
}
