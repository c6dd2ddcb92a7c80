//go:build docker

package recipes

import (
	"testing"
	"time"
)

// chatLimit is how long the agent may take to start and to answer.
const chatLimit = 90 * time.Second

// contract: RCP-05 RCP-06
func TestInteractiveChat(t *testing.T) {
	w := newWorld(t, "RCP-05", "RCP-06")
	w.custom(".hermes", w.peer())
	for name, args := range map[string]string{"no arguments": "", "the terminal interface": " --tui"} {
		chat := w.terminal(`docker run -it --rm \
  -v ~/.hermes:/opt/data \
  nousresearch/hermes-agent` + args)
		chat.expect(`❯|>`, chatLimit)
		chat.send("say: pong\r")
		chat.expect(`pong`, chatLimit)
		if t.Failed() {
			t.Log(name)
		}
		chat.send("/exit\r")
		chat.wait(verbLimit)
	}
}
