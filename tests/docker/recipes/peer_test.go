//go:build docker

package recipes

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"caduceus/tests/docker/peer/inference"
)

// Images that the guide names beside our own cannot be had without a registry,
// nor run without a GPU. The fake inference server stands for each of them.
var otherInRecipe = regexp.MustCompile(`\b(vllm/vllm-openai|ollama/ollama|example/my-tool):latest\b`)

// peerImage is the fake's image, "-ollama" appended the one on Ollama's port.
func peerImage() string { return strings.ToLower("caduceus-test-" + docker.Run() + "-peer") }

func standIn(image string) string {
	if strings.HasPrefix(image, "ollama/") {
		return peerImage() + "-ollama"
	}
	return peerImage()
}

// peers builds both images, once.
var peers = sync.OnceValue(func() error {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	defer stop()
	dir, err := os.MkdirTemp("", "peer-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "fakeinference"), "caduceus/tests/docker/peer/fakeinference")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the peer: %w\n%s", err, out)
	}
	const from = "FROM scratch\nCOPY fakeinference /\n"
	for image, entrypoint := range map[string]string{
		peerImage():             `["/fakeinference"]`,
		peerImage() + "-ollama": `["/fakeinference", "--model", "llama3", "--port", "11434"]`,
	} {
		if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(from+"ENTRYPOINT "+entrypoint+"\n"), 0o644); err != nil {
			return err
		}
		out, err := exec.CommandContext(ctx, dockerc.Path, "build", "-q", "-t", image, "--label", dockerLabel+docker.Run(), dir).CombinedOutput()
		if err != nil {
			return fmt.Errorf("cannot build the peer's image: %w\n%s", err, out)
		}
	}
	return nil
})

// withPeers makes the stand-ins usable in the world's recipes.
func (w *world) withPeers() {
	w.Helper()
	if err := peers(); err != nil {
		w.Fatal(err)
	}
}

// peer starts the fake as a container of its own and returns its address on the
// engine's default network, where the guide's plain docker run lines find it.
func (w *world) peer() string {
	w.Helper()
	w.withPeers()
	w.ok("docker run -d --name vllm vllm/vllm-openai:latest")
	address := strings.TrimSpace(w.ok("docker inspect vllm --format '{{.NetworkSettings.IPAddress}}'"))
	if address == "" {
		w.Fatal("want an address of the peer on the default network")
	}
	return "http://" + address + ":8000"
}

// custom writes the guide's config.yaml for an inference server at base.
func (w *world) custom(base string) {
	w.Helper()
	w.write(".hermes/config.yaml", `model:
  provider: custom
  model: my-model
  base_url: `+base+`/v1
  api_key: "none"
`)
}

// requests returns what the fake at base was asked so far. On a host whose
// engine runs elsewhere only a container reaches it, so one asks.
func (w *world) requests(base string) []inference.Request {
	w.Helper()
	var asked []inference.Request
	text := w.ok("docker run --rm --network container:" + w.name("vllm") + " --entrypoint curl nousresearch/hermes-agent -fsS " + base + "/requests")
	if err := json.Unmarshal([]byte(text), &asked); err != nil {
		w.Fatal(err)
	}
	return asked
}

// answers asks the agent in a running container a question of the script's.
func (w *world) answers() {
	w.Helper()
	r := w.sh(`docker exec hermes hermes chat -q "say: pong from afar"`)
	if r.code != 0 || !strings.Contains(r.stdout, "pong from afar") {
		w.Errorf("want the model's answer, got %s", r)
	}
}
