package base

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"caduceus/internal/engine"
	"caduceus/internal/host"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// registryTimeout is how long a registry may take to answer whether it has the official image.
const registryTimeout = 5 * time.Second

// Store is the part of an engine that a base needs.
type Store interface {
	Image(ctx context.Context, ref string) (engine.Image, bool, error)
	Images(ctx context.Context, name string) ([]engine.Image, error)
	Load(ctx context.Context, tar io.Reader) error
}

// Builder finds or makes the base. The fields Store, Run,
// Facts, Say and Official must be set.
type Builder struct {
	Store    Store
	Run      host.Runner
	Facts    host.Facts
	Say      func(format string, args ...any)
	Official string                                      // "debian:13.4", maybe with "@sha256:..."
	Given    string                                      // a base named by the user; "": decide
	Ours     bool                                        // never the official image
	Force    bool                                        // bootstrap, whatever there is
	Registry func(ctx context.Context, ref string) error // nil: ask the image's registry
	Now      func() time.Time                            // nil: time.Now
	KeyFile  string                                      // "": where Debian's keyring package has it
}

// Ensure decides and, where it must, bootstraps. The choice's Ref is never empty.
func (b *Builder) Ensure(ctx context.Context) (Choice, error) {
	f, err := b.facts(ctx)
	if err != nil {
		return Choice{}, err
	}
	c := decide(f)
	if c.Source != Bootstrapped {
		b.Say("base: %s (%s)", c.Ref, c.Why)
		return c, nil
	}
	b.Say("base: bootstrapping Debian %s with mmdebstrap (%s)", suite, c.Why)
	c.Ref, err = b.make(ctx)
	if err != nil && f.made != nil && ctx.Err() == nil {
		b.Say("base: %v", err)
		b.Say("base: %s (kept: it could not be made anew)", f.made.Ref)
		return Choice{f.made.Ref, Local, "kept: it could not be made anew"}, nil
	}
	if err != nil {
		return Choice{}, err
	}
	b.Say("base: %s (bootstrapped: %s)", c.Ref, c.Why)
	return c, nil
}

func (b *Builder) facts(ctx context.Context) (facts, error) {
	f := facts{given: b.Given, force: b.Force, official: b.Official, recipe: recipe(), now: b.now()}
	if f.given != "" {
		return f, nil
	}
	images, err := b.Store.Images(ctx, Name)
	if err != nil {
		return f, err
	}
	var made []Made
	for _, img := range images {
		for _, tag := range img.Tags { // it may have other names, too
			if m, ok := madeFrom(tag, img.Labels); ok {
				made = append(made, m)
			}
		}
	}
	f.made = newest(made)
	if b.Ours || b.Force {
		f.registry = errNotAsked
		return f, nil
	}
	if _, f.present, err = b.Store.Image(ctx, b.Official); err != nil || f.present {
		return f, err
	}
	ask := b.Registry
	if ask == nil {
		ask = askRegistry
	}
	f.registry = ask(ctx, b.Official)
	return f, nil
}

var errNotAsked = errors.New("not asked")

// make bootstraps in a scratch folder, which is removed in any case.
func (b *Builder) make(ctx context.Context) (string, error) {
	if err := b.tools(ctx); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "caduceus-base-")
	if err != nil {
		return "", fmt.Errorf("cannot make a scratch folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := b.look(ctx, dir)
	if err != nil {
		return "", err
	}
	b.Say("base: Debian's archive of %s", s.date.Format(time.RFC3339))
	return b.bootstrap(ctx, dir, s)
}

func (b *Builder) now() time.Time {
	if b.Now != nil {
		return b.Now()
	}
	return time.Now()
}

func (b *Builder) keyFile() string {
	if b.KeyFile != "" {
		return b.KeyFile
	}
	return trixieKey
}

// askRegistry returns an error unless the registry of ref has that image.
func askRegistry(ctx context.Context, ref string) error {
	ctx, cancel := context.WithTimeout(ctx, registryTimeout)
	defer cancel()
	r, err := name.ParseReference(ref)
	if err != nil {
		return err
	}
	if _, err = remote.Head(r, remote.WithContext(ctx)); err != nil {
		return registryError(err)
	}
	return nil
}
