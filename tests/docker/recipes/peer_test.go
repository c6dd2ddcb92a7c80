//go:build docker

package recipes

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"time"

	"caduceus/tests/docker/peer"
	"caduceus/tests/docker/peer/inference"
)

// Images that the guide names beside our own cannot be had without a registry,
// nor run without a GPU. The fake inference server stands for each of them.
var otherInRecipe = regexp.MustCompile(`\b(vllm/vllm-openai|ollama/ollama|example/my-tool):latest\b`)

// standIns are the images of the fake: as most servers are called, and as Ollama is.
type standIns struct{ plain, ollama string }

func (s standIns) of(image string) string {
	switch {
	case s.plain == "": // a test without stand-ins
		return image
	case strings.HasPrefix(image, "ollama/"):
		return s.ollama
	}
	return s.plain
}

// buildStandIns builds both images, once.
var buildStandIns = sync.OnceValues(func() (s standIns, err error) {
	ctx, stop := context.WithTimeout(docker.Interrupted, 5*time.Minute)
	defer stop()
	if s.plain, err = peer.Build(ctx, docker.Engine); err != nil {
		return s, err
	}
	s.ollama, err = docker.Subject(s.plain).Derive(ctx, `ENTRYPOINT ["/fakeinference", "--model", "llama3", "--port", "11434"]`)
	return s, err
})

// withStandIns makes the fake stand for the guide's other images in this test's recipes.
func (u *user) withStandIns() {
	u.Helper()
	var err error
	if u.others, err = buildStandIns(); err != nil {
		u.Fatal(err)
	}
}

// peer starts the fake as a container of its own and returns its address on the
// engine's default network, where the guide's plain docker run lines find it.
func (u *user) peer() string {
	u.Helper()
	u.withStandIns()
	u.ok("docker run -d --name vllm vllm/vllm-openai:latest")
	address := strings.TrimSpace(u.ok("docker inspect vllm --format '{{.NetworkSettings.IPAddress}}'"))
	if address == "" {
		u.Fatal("want an address of the peer on the default network")
	}
	return "http://" + address + ":8000"
}

// custom writes the guide's config.yaml for an inference server at base.
func (u *user) custom(base string) {
	u.Helper()
	u.write(".hermes/config.yaml", `model:
  provider: custom
  model: my-model
  base_url: `+base+`/v1
  api_key: "none"
`)
}

// requests returns what the fake at base was asked so far. On a host whose
// engine runs elsewhere only a container reaches it, so one asks.
func (u *user) requests(base string) []inference.Request {
	u.Helper()
	var asked []inference.Request
	text := u.ok("docker run --rm --network container:" + u.name("vllm") + " --entrypoint curl nousresearch/hermes-agent -fsS " + base + "/requests")
	if err := json.Unmarshal([]byte(text), &asked); err != nil {
		u.Fatal(err)
	}
	return asked
}

// answers asks the agent in a running container a question of the script's.
func (u *user) answers() {
	u.Helper()
	r := u.sh(`docker exec hermes hermes chat -q "say: pong from afar"`)
	if r.code != 0 || !strings.Contains(r.stdout, "pong from afar") {
		u.Errorf("want the model's answer, got %s", r)
	}
}
