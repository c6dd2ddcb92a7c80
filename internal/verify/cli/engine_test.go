package cli

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/verify/report"
)

// fakeEngine answers as an engine does whose API, machine and image are these. It returns its address.
func fakeEngine(t *testing.T, api, machine, imageArch string) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", api)
		w.Header().Set("Content-Type", "application/json")
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/_ping"):
		case strings.HasSuffix(path, "/info"):
			fmt.Fprintf(w, `{"ServerVersion":"1.0","Architecture":%q}`, machine)
		case strings.HasSuffix(path, "/version"):
			fmt.Fprint(w, `{"Version":"1.0"}`)
		case strings.HasSuffix(path, "/images/here/json"):
			fmt.Fprintf(w, `{"Id":"sha256:0","Os":"linux","Architecture":%q,"Config":{}}`, imageArch)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message":"no such thing"}`)
		}
	}))
	_ = server.Listener.Close() // the server's own; ours is a socket
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return "unix://" + socket
}

func TestAnEngineThatCannotRunTheImageIsNamedInOneLine(t *testing.T) {
	for name, tc := range map[string]struct {
		api, machine, imageArch, image, want string
	}{
		"too old":                     {"1.40", "x86_64", "amd64", "here", `it speaks Engine API "1.40", older than 1.41`},
		"much too old":                {"1.30", "x86_64", "amd64", "here", "API version 1.30 is not supported by this client: the minimum supported API version is 1.40; upgrade it"},
		"of another machine":          {"1.45", "aarch64", "amd64", "here", `image "here" is for linux/amd64, and the engine at "unix://`},
		"asked for an image of other": {"1.45", "x86_64", "arm64", "here", "runs linux/amd64; ask one of that platform"},
		"without the image":           {"1.45", "x86_64", "amd64", "gone", `cannot look at image "gone" on the engine at "unix://`},
	} {
		t.Run(name, func(t *testing.T) {
			host := fakeEngine(t, tc.api, tc.machine, tc.imageArch)
			var out, errs bytes.Buffer
			code := Run(t.Context(), Env{
				Args: []string{"--evidence", t.TempDir(), tc.image}, Stdout: &out, Stderr: &errs,
				Getenv: func(name string) string { return map[string]string{"DOCKER_HOST": host}[name] },
			})
			if code != report.CodeNotProved || !strings.Contains(errs.String(), tc.want) || strings.Count(errs.String(), "\n") > 2 || out.Len() > 0 {
				t.Errorf("exit code %d, stderr %q, stdout %q", code, errs.String(), out.String())
			}
		})
	}
}
