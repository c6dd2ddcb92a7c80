//go:build docker

package publish

import (
	"io"
	"math/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"caduceus/internal/build/publish"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// options returns options with the right credentials, whose tries follow each other quickly.
func options() publish.Options {
	return publish.Options{
		Credentials: publish.Credentials{Username: user, Password: publish.NewSecret(password)},
		Retry:       remote.Backoff{Duration: 20 * time.Millisecond, Factor: 2, Steps: 4},
		Stall:       10 * time.Second,
	}
}

// plan returns the plan for a sound image.
func (r *registry) plan(t *testing.T, img publish.Image, channels ...string) publish.Plan {
	t.Helper()
	revision := img.Labels["org.opencontainers.image.revision"]
	plan, err := publish.Decide(
		publish.Request{Address: r.address + "/team/hermes-agent", Variant: img.Labels["caduceus.variant"], Channels: channels},
		publish.Facts{
			Image: img, Tree: publish.Tree{Revision: revision},
			Passes: []publish.Pass{{Image: img.ID, Revision: revision}},
		})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// release returns what an engine would say of a released image.
func release() publish.Image {
	return publish.Image{Name: "made-up", ID: "sha256:made-up", Labels: map[string]string{
		"org.opencontainers.image.version":  "1.2.3",
		"org.opencontainers.image.revision": "0123456789abcdef",
		"caduceus.variant":                  "full",
	}}
}

func tiny(t *testing.T, seed int64) v1.Image {
	t.Helper()
	img, err := random.Image(1<<16, 3, random.WithSource(rand.NewSource(seed)))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// resolve returns the digest that a tag means, "" for none.
func (r *registry) resolve(t *testing.T, tag string) string {
	t.Helper()
	ref, err := name.NewTag(r.address + "/team/hermes-agent:" + tag)
	if err != nil {
		t.Fatal(err)
	}
	got, err := remote.Get(ref, remote.WithAuth(&authn.Basic{Username: user, Password: password}))
	if err != nil {
		return ""
	}
	return got.Digest.String()
}

func TestASecondPublicationChangesNothing(t *testing.T) {
	r := startRegistry(t)
	img := tiny(t, 1)
	first, err := publish.Push(t.Context(), r.plan(t, release()), img, options())
	if err != nil {
		t.Fatal(err)
	}
	if _, digest, _ := strings.Cut(first.Reference, "@"); !first.Changed || r.resolve(t, "1.2.3") != digest || r.resolve(t, "latest") != digest {
		t.Errorf("want the first run to push a digest that both tags mean, got %+v", first)
	}
	second, err := publish.Push(t.Context(), r.plan(t, release()), img, options())
	if err != nil || second.Changed || second.Reference != first.Reference {
		t.Errorf("want the second run to change nothing, got %+v, %v", second, err)
	}
}

func TestWrongCredentialsAreRefusedWithAFix(t *testing.T) {
	r := startRegistry(t)
	for name, c := range map[string]publish.Credentials{
		"wrong password": {Username: user, Password: publish.NewSecret("hunter2")},
		"unknown user":   {Username: "nobody", Password: publish.NewSecret("hunter2")},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			o.Credentials = c
			for what, err := range map[string]error{
				"ready": publish.Ready(t.Context(), r.plan(t, release()), o),
				"push":  pushError(t, r, o),
			} {
				if err == nil || !strings.Contains(err.Error(), `takes no push from user "`+c.Username+`"`) || !strings.Contains(err.Error(), "docker login "+r.address) {
					t.Errorf("%s: want the password refused, with what to do, got %v", what, err)
				}
				if err != nil && strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%s shows the password: %v", what, err)
				}
			}
		})
	}
	if r.resolve(t, "1.2.3") != "" {
		t.Error("something was published")
	}
}

func pushError(t *testing.T, r *registry, o publish.Options) error {
	t.Helper()
	_, err := publish.Push(t.Context(), r.plan(t, release()), tiny(t, 1), o)
	return err
}

func TestAVersionIsPublishedOnce(t *testing.T) {
	r := startRegistry(t)
	if _, err := publish.Push(t.Context(), r.plan(t, release()), tiny(t, 1), options()); err != nil {
		t.Fatal(err)
	}
	before := r.resolve(t, "1.2.3")
	_, err := publish.Push(t.Context(), r.plan(t, release()), tiny(t, 2), options())
	if err == nil || !strings.Contains(err.Error(), "published already, as "+before) {
		t.Errorf("want the second image of a version refused, got %v", err)
	}
	if r.resolve(t, "1.2.3") != before || r.resolve(t, "latest") != before {
		t.Error("a tag moved")
	}
}

func TestTheRegistryDiesInTheMiddle(t *testing.T) {
	r := startRegistry(t)
	img := dyingImage(t, r.kill)
	_, err := publish.Push(t.Context(), r.plan(t, release()), img, options())
	if err == nil || !strings.Contains(err.Error(), "nothing listens at the registry's address") {
		t.Fatalf("want an error that names the registry that is gone, got %v", err)
	}
	r.start(t)
	if r.resolve(t, "1.2.3") != "" || r.resolve(t, "latest") != "" {
		t.Error("something half-pushed has a name")
	}
	result, err := publish.Push(t.Context(), r.plan(t, release()), img, options())
	if err != nil || r.resolve(t, "1.2.3") == "" {
		t.Errorf("want the next run to publish, got %+v, %v", result, err)
	}
}

// dyingImage has a layer that calls trip once, when half of it was read.
func dyingImage(t *testing.T, trip func()) v1.Image {
	t.Helper()
	layer, err := random.Layer(8<<20, types.OCILayer, random.WithSource(rand.NewSource(3)))
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), dyingLayer{layer, sync.OnceFunc(trip)})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

type dyingLayer struct {
	v1.Layer
	trip func()
}

func (l dyingLayer) Compressed() (io.ReadCloser, error) {
	content, err := l.Layer.Compressed()
	return &dyingReader{ReadCloser: content, left: 4 << 20, trip: l.trip}, err
}

type dyingReader struct {
	io.ReadCloser
	left int
	trip func()
}

func (r *dyingReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if r.left -= n; r.left <= 0 {
		r.trip()
	}
	return n, err
}
