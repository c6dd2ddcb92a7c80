package base

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func TestARegistryIsAskedForTheOfficialImage(t *testing.T) {
	s := httptest.NewServer(registry.New())
	defer s.Close()
	host := s.Listener.Addr().String()
	ref, err := name.ParseReference(host + "/debian:13.4")
	if err != nil {
		t.Fatal(err)
	}
	img, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close() //nolint:errcheck // nobody listens there from now on
	wall := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer wall.Close()
	for what, c := range map[string]struct{ ref, want string }{
		"it has the tag":        {host + "/debian:13.4", ""},
		"it has the digest":     {host + "/debian:13.4@" + digest.String(), ""},
		"another image":         {host + "/debian:13.9", "it answers HTTP 404"},
		"nobody listens":        {closed.Addr().String() + "/debian:13.4", "connection refused"},
		"a wall in front of it": {wall.Listener.Addr().String() + "/debian:13.4", "it answers HTTP 403"},
		"no such name":          {"registry.invalid/debian:13.4", "its name cannot be resolved"},
		"no reference at all":   {"de bian", "could not parse reference"},
	} {
		t.Run(what, func(t *testing.T) {
			got := ""
			if err := askRegistry(t.Context(), c.ref); err != nil {
				got = err.Error()
			}
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}

func TestARegistryThatHangsIsNotWaitedFor(t *testing.T) {
	if got := registryError(context.DeadlineExceeded); got.Error() != "no answer within 5s" {
		t.Errorf("want the time that was waited, got %q", got)
	}
}
