//go:build docker

package recipes

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"caduceus/tests/docker/peer/inference"
)

func TestComposeStartsAnInferenceServer(t *testing.T) {
	u := newUser(t, "RCP-24", "RCP-27")
	u.withStandIns()
	u.compose("inference", "config.yaml")
	u.ok("mkdir -p ~/.hermes && cp config.yaml ~/.hermes/")
	u.ok("docker compose up -d")
	u.gateway("hermes", ".hermes")
	if got := u.ok("docker exec hermes curl -s http://vllm:8000/v1/models"); !strings.Contains(got, `"id":"my-model"`) {
		t.Errorf("want the served model, got %s", got)
	}
	u.answers()
	asked := u.requests("http://127.0.0.1:8000")
	if len(asked) == 0 || asked[0].Model != "my-model" || asked[0].Key == "" {
		t.Errorf("want the model of config.yaml and any key, got %+v", asked)
	}
}

func TestComposeStartsOllama(t *testing.T) {
	u := newUser(t, "RCP-28")
	u.withStandIns()
	u.compose("ollama", "config.yaml")
	u.ok("mkdir -p ~/.hermes && cp config.yaml ~/.hermes/")
	u.ok("docker compose up -d")
	u.gateway("hermes", ".hermes")
	u.answers()
}

func TestComposeStartsASidecar(t *testing.T) {
	u := newUser(t, "RCP-23")
	u.withStandIns()
	u.compose("sidecar")
	u.ok("docker compose up -d")
	u.gateway("hermes", ".hermes")
	if got := u.ok("docker exec hermes curl -fsS http://my-tool:8000/health"); !strings.Contains(got, "ok") {
		t.Errorf("want an answer of the sidecar by its name, got %s", got)
	}
}

// The inference server runs on the host: here it is this test's own.
func TestAModelOfTheHostIsReachedOnItsNetwork(t *testing.T) {
	u := newUser(t, "RCP-26", "RCP-28")
	model := inference.New("my-model")
	server := httptest.NewServer(model)
	defer server.Close()
	u.custom(server.URL) // http://127.0.0.1:PORT, as in the guide
	u.ok(`docker run -d \
  --name hermes \
  --network host \
  -v ~/.hermes:/opt/data \
  nousresearch/hermes-agent gateway run`)
	u.gateway("hermes", ".hermes")
	u.answers()
	if asked := model.Requests(); len(asked) == 0 {
		t.Error("want the answer to come from the host's server")
	}
	// -p is ignored: nothing is published, the engine says so.
	r := u.sh(`docker run --rm --network host -p 8642:8642 nousresearch/hermes-agent version`)
	if r.code != 0 || !strings.Contains(r.stderr, "discarded") {
		t.Errorf("want a run whose -p is discarded, got %s", r)
	}
}

// On Linux the engine knows host.docker.internal only by a flag; then the
// rest of the guide's recipe for macOS and Windows is the same. The server
// listens on the address of the engine's bridge, as the host's loopback cannot be
// reached from there.
func TestAModelOfTheHostIsReachedByName(t *testing.T) {
	u := newUser(t, "RCP-25", "RCP-28")
	gateway := strings.TrimSpace(u.ok("docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}'"))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(gateway, "0"))
	if err != nil {
		t.Skipf("the engine's bridge %s is no address of this host, so no server of the host can be reached from a container: %v", gateway, err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: inference.New("my-model")}} //nolint:gosec // a test's
	server.Start()
	defer server.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	u.custom("http://host.docker.internal:" + port)
	u.ok(`docker run -d \
  --name hermes \
  --add-host host.docker.internal:host-gateway \
  -v ~/.hermes:/opt/data \
  -p 8642:8642 \
  nousresearch/hermes-agent gateway run`)
	u.gateway("hermes", ".hermes")
	u.answers()
}
