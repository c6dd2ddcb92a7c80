package local

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

// Publisher publishes images of one repository.
type Publisher struct {
	Root    string // the repository
	Run     host.Runner
	Getenv  func(string) string
	Say     func(format string, args ...any)
	Options publish.Options // credentials are those of the environment
}

// New is the publisher of the repository at root; out is what a person reads.
func New(root string, run host.Runner, getenv func(string) string, out io.Writer) Publisher {
	return Publisher{Root: root, Run: run, Getenv: getenv, Say: func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }}
}

// Publish pushes the variant's image of the engine on this host. Beside the address
// and the variant it obeys VERSION, CHANNEL (names, separated by spaces) and
// PUBLISH_IMAGE (the name of the image in the engine).
func (p Publisher) Publish(ctx context.Context, facts host.Facts, address, variant string) error {
	if _, err := publish.ParseAddress(address); err != nil {
		return err
	}
	on := engine.Host{Facts: facts, Run: p.Run, Getenv: p.Getenv, Say: p.Say}
	e, err := engine.Ensure(ctx, on)
	if err != nil {
		return err
	}
	defer e.Close()
	client, err := engine.EnsureClient(ctx, on)
	if err != nil {
		return err
	}
	_, err = p.From(ctx, dockerStore{e, client, p.Run}, publish.Request{
		Address: address, Variant: variant, Channels: strings.Fields(p.Getenv("CHANNEL")), Version: p.Getenv("VERSION"),
	})
	return err
}

// From publishes an image of the given store.
func (p Publisher) From(ctx context.Context, store Store, r publish.Request) (publish.Result, error) {
	credentials, err := publish.FromEnv(p.Getenv)
	if err != nil {
		return publish.Result{}, err
	}
	facts, err := p.facts(ctx, store, r)
	if err != nil {
		return publish.Result{}, err
	}
	plan, err := publish.Decide(r, facts)
	if err != nil {
		return publish.Result{}, err
	}
	o := p.Options
	o.Credentials, o.Say = credentials, p.Say
	if err := publish.Ready(ctx, plan, o); err != nil {
		return publish.Result{}, err
	}
	result, err := p.push(ctx, store, plan, o)
	if err != nil {
		return publish.Result{}, err
	}
	p.report(result)
	return result, nil
}

// CacheDir is the folder of the repository with the record of tests.
func (p Publisher) CacheDir() string { return filepath.Join(p.Root, ".cache") }

func (p Publisher) facts(ctx context.Context, store Store, r publish.Request) (publish.Facts, error) {
	name := p.Getenv("PUBLISH_IMAGE")
	if name == "" {
		name = localName(r.Variant)
	}
	img, ok, err := store.Image(ctx, name)
	if err != nil {
		return publish.Facts{}, err
	}
	if !ok {
		return publish.Facts{}, &host.Problem{
			What: fmt.Sprintf("cannot publish %q", name), Cause: "the engine has no such image", Next: publish.Makes(r.Variant),
		}
	}
	img.Name = name
	tree, err := Tree(ctx, p.Run, p.Root)
	if err != nil {
		return publish.Facts{}, err
	}
	passes, err := publish.Passes(p.CacheDir())
	return publish.Facts{Image: img, Tree: tree, Passes: passes}, err
}

// localName is the name that a build gives the variant.
func localName(variant string) string {
	switch variant {
	case publish.Variants()[0]:
		return "hermes-agent:dev"
	case publish.Verifier:
		return "hermes-verify:dev"
	}
	return "hermes-agent:dev-" + variant
}

func (p Publisher) push(ctx context.Context, store Store, plan publish.Plan, o publish.Options) (publish.Result, error) {
	dir, err := p.scratchDir()
	if err != nil {
		return publish.Result{}, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the next "mage clean" takes what stays
	archive := filepath.Join(dir, "image.tar")
	p.Say("publish: taking %s out of the engine", plan.ImageID)
	if err := store.Save(ctx, plan.ImageID, archive); err != nil {
		return publish.Result{}, err
	}
	p.Say("publish: packing its layers")
	img, err := publish.Pack(archive, dir, plan.Annotations)
	if err != nil {
		return publish.Result{}, err
	}
	p.Say("publish: pushing to %s", plan.Repository)
	return publish.Push(ctx, plan, img, o)
}

func (p Publisher) scratchDir() (string, error) {
	if err := os.MkdirAll(p.CacheDir(), 0o755); err != nil {
		return "", fmt.Errorf("cannot make a scratch folder: %w", err)
	}
	dir, err := os.MkdirTemp(p.CacheDir(), "publish-")
	if err != nil {
		return "", fmt.Errorf("cannot make a scratch folder: %w", err)
	}
	return dir, nil
}

func (p Publisher) report(r publish.Result) {
	if !r.Changed {
		p.Say("publish: the registry had all of it; nothing changed")
	}
	for _, tag := range r.Tags {
		p.Say("tag     %s", tag)
	}
	p.Say("digest  %s", r.Reference)
}
