package publish

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"caduceus/internal/host"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func newSource(seed int64) rand.Source { return rand.NewSource(seed) }

func TestPushNamesTheImageLast(t *testing.T) {
	f := newRegistry(t, nil)
	img := packImage(t, 1)
	result, err := Push(t.Context(), f.plan(t), img, quick())
	if err != nil {
		t.Fatal(err)
	}
	digest := digestOf(t, img)
	if want := f.address + "/team/hermes-agent@" + digest; result.Reference != want || !result.Changed {
		t.Errorf("result is %+v, want %s", result, want)
	}
	writes := f.wrote()
	last := writes[len(writes)-3:]
	for i, want := range []string{"/manifests/" + digest, "/manifests/1.2.3", "/manifests/latest"} {
		if !strings.HasSuffix(last[i], want) {
			t.Errorf("write %d before the end is %q, want %q", 3-i, last[i], want)
		}
	}
	got, err := remote.Image(mustDigest(t, result.Reference))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := got.Manifest()
	if err != nil || manifest.Annotations["a"] != "b" {
		t.Errorf("annotations are %v, %v", manifest.Annotations, err)
	}
}

func mustDigest(t *testing.T, ref string) name.Digest {
	t.Helper()
	d, err := name.NewDigest(ref)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestASecondPushChangesNothing(t *testing.T) {
	f := newRegistry(t, nil)
	first, err := Push(t.Context(), f.plan(t), packImage(t, 1), quick())
	if err != nil {
		t.Fatal(err)
	}
	f.forget()
	second, err := Push(t.Context(), f.plan(t), packImage(t, 1), quick())
	if err != nil {
		t.Fatal(err)
	}
	if second.Changed || second.Reference != first.Reference {
		t.Errorf("the second run gave %+v", second)
	}
	if writes := f.wrote(); len(writes) != 0 {
		t.Errorf("the second run wrote %q", writes)
	}
}

func TestPushKeepsAPublishedVersion(t *testing.T) {
	f := newRegistry(t, nil)
	if _, err := Push(t.Context(), f.plan(t), packImage(t, 1), quick()); err != nil {
		t.Fatal(err)
	}
	before := f.resolve(t, "1.2.3")
	f.forget()
	_, err := Push(t.Context(), f.plan(t), packImage(t, 2), quick())
	if err == nil || !strings.Contains(err.Error(), "published already, as "+before) {
		t.Errorf("want a second image of the version refused, got %v", err)
	}
	if writes := f.wrote(); len(writes) != 0 || f.resolve(t, "1.2.3") != before || f.resolve(t, "latest") != before {
		t.Errorf("the refused image left %q", writes)
	}
}

// Each registry has to be survived, or refused without a version that has a name.
func TestPushOnABadRegistry(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spoil func(http.Handler) http.Handler
		want  string // in the error; "": Push gets through
		next  string
	}{
		"answers 503 at first": {failing(2, http.StatusServiceUnavailable), "", ""},
		"answers 503 for ever": {failing(1<<30, http.StatusServiceUnavailable), "the registry answers HTTP 503", "publish again"},
		"hangs up at first":    {hangingUp(2), "", ""},
		"wants a password":     {status(http.StatusUnauthorized), "takes no push from", "docker login"},
		"forbids":              {onlyWrites(status(http.StatusForbidden)), "takes no push from", "docker login"},
		"forgets the manifest": {forgetful, "took the image and does not have it", "another registry"},
		"gives another image for the digest": {
			onManifest(func(r *http.Request) bool { return strings.Contains(r.URL.Path, "sha256:") }), "does not match requested digest", "publish again",
		},
		"gives another image for the tag": {
			onManifest(func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/latest") }), "was sent sha256:", "do not use what it has",
		},
		"leaves requests lying": {lying, "made no progress for 50ms", "publish again"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newRegistry(t, c.spoil)
			o := quick()
			if strings.Contains(c.want, "50ms") {
				o.Stall = 50 * time.Millisecond
			}
			_, err := Push(t.Context(), f.plan(t), packImage(t, 1), o)
			if c.want == "" {
				if err != nil || f.resolve(t, "1.2.3") == "" {
					t.Errorf("want the image published, got %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.next) {
				t.Fatalf("want %q and %q, got %v", c.want, c.next, err)
			}
			if _, ok := errors.AsType[*host.Problem](err); !ok || strings.Contains(err.Error(), "\n") {
				t.Errorf("not one line for a person: %v", err)
			}
			for _, w := range f.wrote() {
				if strings.HasSuffix(w, "/manifests/1.2.3") && c.spoil != nil && !strings.Contains(name, "tag") {
					t.Errorf("the version got its name: %q", w)
				}
			}
		})
	}
}

func failing(times int64, code int) func(http.Handler) http.Handler {
	var n atomic.Int64
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && r.Method != http.MethodHead && n.Add(1) <= times {
				w.WriteHeader(code)
				return
			}
			h.ServeHTTP(w, r)
		})
	}
}

func hangingUp(times int64) func(http.Handler) http.Handler {
	var n atomic.Int64
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch && n.Add(1) <= times {
				panic(http.ErrAbortHandler)
			}
			h.ServeHTTP(w, r)
		})
	}
}

func status(code int) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
}

func onlyWrites(spoil func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				h.ServeHTTP(w, r)
				return
			}
			spoil(h).ServeHTTP(w, r)
		})
	}
}

// forgetful answers that it took a manifest, and drops it.
func forgetful(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusCreated)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// onManifest answers reads of the chosen manifests, once written, with another one.
func onManifest(chosen func(*http.Request) bool) func(http.Handler) http.Handler {
	var written atomic.Bool
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			manifest := strings.Contains(r.URL.Path, "/manifests/") && chosen(r)
			if manifest && r.Method == http.MethodGet && written.Load() {
				w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
				fmt.Fprint(w, `{"schemaVersion":2}`)
				return
			}
			h.ServeHTTP(w, r)
			if manifest && r.Method == http.MethodPut {
				written.Store(true)
			}
		})
	}
}

// lying never answers a write.
func lying(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			<-r.Context().Done()
			return
		}
		h.ServeHTTP(w, r)
	})
}

func TestReadyRefusesBeforeTheWork(t *testing.T) {
	f := newRegistry(t, nil)
	if err := Ready(t.Context(), f.plan(t), quick()); err != nil {
		t.Fatal(err)
	}
	closed := newRegistry(t, onlyWrites(status(http.StatusUnauthorized)))
	o := quick()
	o.Credentials = Credentials{Username: "me", Password: NewSecret("hunter2")}
	err := Ready(t.Context(), closed.plan(t), o)
	if err == nil || !strings.Contains(err.Error(), `takes no push from user "me"`) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("want the user named and the password hidden, got %v", err)
	}
}

func TestAMissingRegistryIsNamed(t *testing.T) {
	f := newRegistry(t, nil)
	plan := f.plan(t)
	gone, err := ParseAddress("127.0.0.1:1/team/hermes-agent")
	if err != nil {
		t.Fatal(err)
	}
	plan.Repository = gone
	_, err = Push(t.Context(), plan, packImage(t, 1), quick())
	if err == nil || !strings.Contains(err.Error(), "nothing listens at the registry's address") {
		t.Errorf("want the registry named that does not listen, got %v", err)
	}
}

func TestPushEndsWithItsContext(t *testing.T) {
	f := newRegistry(t, lying)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Push(ctx, f.plan(t), packImage(t, 1), quick()); err == nil {
		t.Error("a cancelled push succeeded")
	}
}

// A registry that repeats what it was told must not make us print it, wherever the
// credentials came from.
func TestARegistrysAnswerDoesNotShowThePassword(t *testing.T) {
	for name, env := range map[string]bool{"credentials of the environment": true, "credentials of Docker's configuration": false} {
		t.Run(name, func(t *testing.T) {
			f := newRegistry(t, wantsPassword(parrot))
			o := quick()
			if env {
				o.Credentials = Credentials{Username: "me", Password: NewSecret("hunter2")}
			} else {
				dockerConfig(t, f.address, "me", "hunter2")
			}
			_, err := Push(t.Context(), f.plan(t), packImage(t, 1), o)
			if err == nil || !strings.Contains(err.Error(), "HTTP 418 (DENIED: bad password [redacted] of Basic [redacted]") {
				t.Errorf("want the answer without the password, got %v", err)
			}
		})
	}
}

// parrot answers a write with the password and all that it was told.
func parrot(http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, `{"errors":[{"code":"DENIED","message":"bad password %s of %s"}]}`, password, r.Header.Get("Authorization"))
	})
}

// wantsPassword asks for one, and hands writes to next.
func wantsPassword(next func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		writes := onlyWrites(next)(h)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, password, ok := r.BasicAuth(); !ok || password != "hunter2" {
				w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			writes.ServeHTTP(w, r)
		})
	}
}

// dockerConfig writes what "docker login" leaves.
func dockerConfig(t *testing.T, registry, user, password string) {
	t.Helper()
	dir := t.TempDir()
	auth := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	text := fmt.Sprintf(`{"auths": {%q: {"auth": %q}}}`, registry, auth)
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_CONFIG", dir)
}

func TestPushTakesTheCredentialsOfDockersConfiguration(t *testing.T) {
	f := newRegistry(t, wantsPassword(func(h http.Handler) http.Handler { return h }))
	dockerConfig(t, f.address, "me", "wrong")
	err := Ready(t.Context(), f.plan(t), quick())
	if err == nil || !strings.Contains(err.Error(), "the user of Docker's configuration, if it names one; run \"docker login "+f.address) {
		t.Errorf("with a wrong password: %v", err)
	}
	dockerConfig(t, f.address, "me", "hunter2")
	if err := Ready(t.Context(), f.plan(t), quick()); err != nil {
		t.Error(err)
	}
	if _, err := Push(t.Context(), f.plan(t), packImage(t, 1), quick()); err != nil {
		t.Error(err)
	}
}

func TestReadyEndsWithItsContext(t *testing.T) {
	f := newRegistry(t, lying)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := Ready(ctx, f.plan(t), quick()); !errors.Is(err, context.Canceled) {
		t.Errorf("want a canceled push, got %v", err)
	}
}
