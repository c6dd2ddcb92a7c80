package publish

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// fakeRegistry is the in-memory registry behind one wrapper that spoils it. It notes
// each request that writes.
type fakeRegistry struct {
	address string

	mu     sync.Mutex
	writes []string
}

func newRegistry(t *testing.T, spoil func(http.Handler) http.Handler) *fakeRegistry {
	t.Helper()
	f := &fakeRegistry{}
	inner := registry.New(registry.Logger(slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)))
	if spoil != nil {
		inner = spoil(inner)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			f.mu.Lock()
			f.writes = append(f.writes, r.Method+" "+r.URL.Path)
			f.mu.Unlock()
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	f.address = strings.TrimPrefix(server.URL, "http://")
	return f
}

func (f *fakeRegistry) wrote() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.writes...)
}

func (f *fakeRegistry) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes = nil
}

// plan is one that nothing is wrong with, for this registry.
func (f *fakeRegistry) plan(t *testing.T) Plan {
	t.Helper()
	r, facts := good()
	r.Address = f.address + "/team/hermes-agent"
	plan, err := Decide(r, facts)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// resolve is the digest a tag means, "" for none.
func (f *fakeRegistry) resolve(t *testing.T, tag string) string {
	t.Helper()
	ref, err := name.NewTag(f.address + "/team/hermes-agent:" + tag)
	if err != nil {
		t.Fatal(err)
	}
	got, err := remote.Get(ref)
	if err != nil {
		return ""
	}
	return got.Digest.String()
}

// quick are options that do not wait long between tries.
func quick() Options {
	return Options{Retry: remote.Backoff{Duration: time.Millisecond, Factor: 2, Steps: 4}, Stall: 5 * time.Second}
}

// archive writes an image as an engine saves it.
func archive(t *testing.T, seed int64) string {
	t.Helper()
	img, err := random.Image(4096, 3, random.WithSource(newSource(seed)))
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag("local/image:dev")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := tarball.WriteToFile(file, tag, img); err != nil {
		t.Fatal(err)
	}
	return file
}

func packImage(t *testing.T, seed int64) v1.Image {
	t.Helper()
	img, err := Pack(archive(t, seed), t.TempDir(), map[string]string{"a": "b"})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func digestOf(t *testing.T, img v1.Image) string {
	t.Helper()
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}
