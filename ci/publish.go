package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"caduceus/ci/internal/dagger"
	"caduceus/internal/publish"
)

// Publish builds and tests a variant, and pushes exactly that image.
//
// It gives the reference with the digest, then the tags.
//
// +cache="never"
func (m *Caduceus) Publish(
	ctx context.Context,
	// registry and repository
	address string,
	// who pushes
	username string,
	password *dagger.Secret,
	// moving tags, set after the version; the default for a release is latest
	// +optional
	tags []string,
	// +default="full"
	variant string,
	// +optional
	base string,
	// +default="dev"
	version string,
) ([]string, error) {
	request := publish.Request{Address: address, Variant: variant, Channels: tags, Version: version}
	tree, err := m.tree(ctx)
	if err != nil {
		return nil, err
	}
	repository, err := request.Check(tree)
	if err != nil {
		return nil, err
	}
	secret, err := password.Plaintext(ctx)
	if err != nil {
		return nil, err
	}
	options := publish.Options{Credentials: publish.Credentials{Username: username, Password: publish.NewSecret(secret)}, Say: say}
	if err := publish.Ready(ctx, publish.Plan{Repository: repository}, options); err != nil {
		return nil, err
	}
	file, err := m.ImageTarball(ctx, variant, nil, base, version)
	if err != nil {
		return nil, err
	}
	if _, err := m.TestDocker(ctx, file, "", base); err != nil {
		return nil, err
	}
	archive, seen, err := inspect(ctx, file)
	if err != nil {
		return nil, err
	}
	passed := publish.Facts{Image: seen, Tree: tree, Passes: []publish.Pass{{Image: seen.ID, Revision: tree.Revision}}}
	plan, err := publish.Decide(request, passed)
	if err != nil {
		return nil, err
	}
	img, err := publish.Pack(archive, filepath.Dir(archive), plan.Annotations)
	if err != nil {
		return nil, err
	}
	result, err := publish.Push(ctx, plan, img, options)
	if err != nil {
		return nil, err
	}
	return append([]string{result.Reference}, result.Tags...), nil
}

// Check is all that gates a change: lint, all tests, both variants.
//
// +cache="never"
func (m *Caduceus) Check(
	ctx context.Context,
	// +optional
	base string,
) (string, error) {
	steps := []func() (string, error){
		func() (string, error) { return m.Lint(ctx) },
		func() (string, error) { return m.TestUnit(ctx) },
		func() (string, error) { return m.TestInit(ctx) },
		func() (string, error) { return m.built(ctx, "slim", base) },
		func() (string, error) {
			file, err := m.ImageTarball(ctx, "full", nil, base, "dev")
			if err != nil {
				return "", err
			}
			return m.TestDocker(ctx, file, "", base)
		},
	}
	var report []string
	for _, step := range steps {
		text, err := step()
		if err != nil {
			return "", err
		}
		report = append(report, text)
	}
	return strings.Join(report, "\n"), nil
}

func (m *Caduceus) built(ctx context.Context, variant, base string) (string, error) {
	c, err := m.Build(ctx, variant, nil, base, "dev")
	if err != nil {
		return "", err
	}
	if _, err := c.Sync(ctx); err != nil {
		return "", err
	}
	return "built " + variant, nil
}

// say talks on stderr, which the engine shows beside the call.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
