//go:build docker

package recipes

import (
	"strings"
	"testing"
)

// README's quick start, in a fresh directory, with the wizard's questions answered as by hand.
func TestTheQuickStartEndsInAChat(t *testing.T) {
	u := newUser(t, "RCP-01", "RCP-05", "RCP-11")
	u.peer()
	u.compose("quick-start")
	u.ok("mkdir -p ~/.hermes")
	u.ok(`printf 'IMAGE=%s\nHERMES_UID=%s\nHERMES_GID=%s\n' "$IMAGE" "$(id -u)" "$(id -g)" >.env`)
	// Compose gives its containers a network of their own: the model server is on it also.
	u.ok("docker compose create && docker network connect --alias model " + strings.ToLower(u.id) + "_default " + u.name("vllm"))

	wizard := u.terminal("docker compose run --rm hermes setup")
	answerSetup(wizard, "my-model")

	u.ok("sed -i s#https://api.fireworks.ai/inference/v1#http://model:8000/v1# ~/.hermes/config.yaml") // the fake stands for the provider
	u.ok("docker compose up -d")
	u.until("the gateway up", "docker exec hermes hermes gateway status", gatewayLimit,
		func(r result) bool { return r.code == 0 && strings.HasPrefix(r.stdout, "✓ gateway-default is up\n") })
	chat := u.terminal("docker exec -it hermes hermes")
	chat.expect(ready, chatLimit)
	chat.enter("hello")
	chat.expect(`you\s*said:\s*hello`, chatLimit)
	chat.enter("/exit")
	if code := chat.wait(); code != 0 {
		t.Errorf("want exit code 0 of the chat, got %d", code)
	}
	u.ok("docker compose down")
	if u.read(".hermes/.env") == "" {
		t.Error("want the data kept after docker compose down")
	}
}
