package setup

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
)

func TestAFifoInThePlaceOfAFileDoesNotBlockTheBoot(t *testing.T) {
	clause.Proves(t, "SETUP-16", "SETUP-37")
	for _, rel := range []string{
		".env", "config.yaml", "SOUL.md", ".install_method", ".no-bundled-skills", "auth.json", "gateway_state.json",
		"skills/.bundled_manifest", "skills/.curator_suppressed", "cache/bundled-skills.stamp",
		"scripts/whatsapp-bridge/bridge.js", ".local/bin/hermes", "node/bin/node",
	} {
		t.Run(filepath.Base(rel), func(t *testing.T) {
			c := newContainer(t)
			c.file("opt/hermes/scripts/whatsapp-bridge/bridge.js", "bridge", 0o644)
			c.dir(filepath.Dir("opt/data/" + rel))
			if err := syscall.Mkfifo(c.data(rel), 0o777); err != nil {
				t.Fatal(err)
			}
			c.own("opt/data/"+rel, 10000)
			ended := make(chan string)
			go func() {
				ended <- c.run("HERMES_AUTH_JSON_REBOOTSTRAP={}")
			}()
			select {
			case out := <-ended:
				opens := rel == ".env" || rel == "config.yaml" // the agent's programs do
				if opens && strings.Contains(out, "python ") {
					t.Errorf("a program runs that waits for %s:\n%s", rel, out)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("setup waits for a writer")
			}
		})
	}
}
