package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"caduceus/ci/internal/dagger"
	"caduceus/internal/build/publish"
	"caduceus/internal/build/verdict"
)

// Build one variant of the image, test it, and push exactly what passed.
//
// Prints the reference with its digest first, then the tags.
//
// +cache="never"
func (m *Caduceus) Publish(
	ctx context.Context,
	// Registry and repository without a tag, as "registry.example/team/hermes-agent"
	address string,
	// Who pushes, as the registry knows them
	username string,
	// Password or token of that user, as "env://REGISTRY_PASSWORD" or "file:///run/secrets/registry"
	password *dagger.Secret,
	// Moving tags, set after the version, as "main"; by default "latest" for a release
	// +optional
	tags []string,
	// Variant to publish; the tags of slim end in "-slim"
	// +default="full"
	variant Variant,
	// Image to build on, as "registry.example/mirror/debian:13.4"; by default the Dockerfile's own
	// +optional
	base *string,
	// What the image calls itself and the tag that never moves, as "1.2.3"
	// +default="dev"
	version string,
) ([]string, error) {
	from, err := given("base", base)
	if err != nil {
		return nil, err
	}
	request := publish.Request{Address: address, Variant: string(variant), Channels: tags, Version: version}
	published, err := m.publish(ctx, request, username, password, from)
	return published, verdict.Plain(err)
}

func (m *Caduceus) publish(ctx context.Context, request publish.Request, username string, password *dagger.Secret, base string) ([]string, error) {
	tree, err := m.tree(ctx)
	if err != nil {
		return nil, err
	}
	repository, err := request.Check(tree)
	if err != nil {
		return nil, err
	}
	if err := publish.CheckReach(repository); err != nil {
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
	image, judged, err := m.tested(ctx, request, tree, base)
	if err != nil {
		return nil, err
	}
	if judged.Err != nil {
		return nil, fmt.Errorf("nothing was pushed to %q: %w", request.Address, judged.Err)
	}
	say("%s: %s", judged.Gate, judged.Tally)
	passed := publish.Facts{Image: image.facts, Tree: tree, Passes: []publish.Pass{{Image: image.facts.ID, Revision: tree.Revision, Tests: judged.Tally.Passed}}}
	plan, err := publish.Decide(request, passed)
	if err != nil {
		return nil, err
	}
	img, err := publish.Pack(image.path, filepath.Dir(image.path), plan.Annotations)
	if err != nil {
		return nil, err
	}
	result, err := publish.Push(ctx, plan, img, options)
	if err != nil {
		return nil, err
	}
	return append([]string{result.Reference}, result.Tags...), nil
}

// tested builds what a request is for and lets it pass its gate.
func (m *Caduceus) tested(ctx context.Context, request publish.Request, tree publish.Tree, base string) (archive, verdict.Verdict, error) {
	if request.Variant == publish.Verifier {
		return m.testedVerifier(ctx, request.Version, tree, base)
	}
	image, err := m.built(ctx, Variant(request.Variant), base, request.Version)
	if err != nil {
		return archive{}, verdict.Verdict{}, err
	}
	j, err := m.testImage(ctx, image, "")
	if err != nil {
		return archive{}, verdict.Verdict{}, err
	}
	return image, j.run(ctx), nil
}

// built builds a variant and reads it.
func (m *Caduceus) built(ctx context.Context, variant Variant, base, version string) (archive, error) {
	file, err := m.tarball(ctx, variant, nil, base, version)
	if err != nil {
		return archive{}, err
	}
	return inspect(ctx, file)
}

// say talks on stderr, which the engine shows beside the call.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
