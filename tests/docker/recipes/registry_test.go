//go:build docker

package recipes

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
)

const manifestType = "application/vnd.docker.distribution.manifest.v2+json"

// pull follows the guide's docker pull, from a registry that this test serves on
// loopback, and makes the pulled image the one that the guide's name stands for.
//
// The registry knows the manifest only: an engine that has the image of the
// manifest's configuration asks for no layer. So a pull of 1.6 GB costs nothing,
// and yet it is one: the reference is new and the engine resolves it over HTTP.
func (u *user) pull() string {
	u.Helper()
	id := strings.TrimSpace(u.ok("docker image inspect nousresearch/hermes-agent --format {{.Id}}"))
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": map[string]any{"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": id},
		"layers": []any{},
	})
	if err != nil {
		u.Fatal(err)
	}
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(manifest))
	registry := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/manifests/") {
			return // the version check: /v2/
		}
		rw.Header().Set("Content-Type", manifestType)
		rw.Header().Set("Docker-Content-Digest", digest)
		rw.Header().Set("Content-Length", fmt.Sprint(len(manifest)))
		if r.Method == http.MethodGet {
			_, _ = rw.Write(manifest)
		}
	}))
	u.Cleanup(registry.Close)
	u.image = strings.TrimPrefix(registry.URL, "http://") + "/" + guideImage
	u.env = append(u.env, "IMAGE="+u.image)
	if out := u.ok(`docker pull "$IMAGE"`); !strings.Contains(out, digest) {
		u.Errorf("want a pull of %s, got:\n%s", digest, out)
	}
	u.afterwards(`docker rmi "$IMAGE"`)
	return u.image
}
