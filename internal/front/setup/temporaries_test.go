package setup

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestTemporariesOfKilledCommandsGoAndNobodyElses(t *testing.T) {
	clause.Proves(t, "SETUP-45")
	c := newContainer(t)
	c.file("opt/data/profiles/coder/SOUL.md", "x", 0o644)
	old := time.Now().Add(-2 * temporaryAge)
	gone := []string{
		".env.12.new", ".config.yaml.12.18a2f.new", ".gateway_state.json.7.1f.new", "..gateway_intent.json.7.tmp", "..gateway_state.json.7.tmp",
		".gateway-planned-stop.json.1.2.new", ".write-test-123", ".container.lock.ABCDEFGHIJKLMNOPQRSTUVWXYZ.new", "profiles/coder/.gateway_intent.json.9.9.new",
	}
	kept := []string{
		".gateway_state.json.x.new", "gateway_state.json.7.new", ".gateway_state_abcd.tmp", ".mine.7.new", ".env.new", "sessions/.env.12.new",
	}
	for _, name := range append(slices.Clone(gone), kept...) {
		c.file("opt/data/"+name, "x", 0o600)
		if err := os.Chtimes(c.data(name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	c.file("opt/data/.env.99.new", "a young one", 0o600)
	c.dir("opt/data/.env.98.new")
	c.link("/etc/passwd", "opt/data/.env.97.new")
	c.run()
	var left []string
	for _, name := range append(append(gone, kept...), ".env.99.new", ".env.98.new", ".env.97.new") {
		if _, err := os.Lstat(c.data(name)); err == nil {
			left = append(left, name)
		}
	}
	if diff := cmp.Diff(append(kept, ".env.99.new", ".env.98.new", ".env.97.new"), left); diff != "" {
		t.Error(diff)
	}
}

func TestSeedsThatAFullDiskLeftEmptyAreWrittenOnce(t *testing.T) {
	clause.Proves(t, "SETUP-19")
	c := newContainer(t)
	for _, name := range []string{"SOUL.md", ".env", "config.yaml"} {
		c.file("opt/data/"+name, "", 0o644)
	}
	c.run()
	if got := c.read("opt/data/SOUL.md"); got != "Be kind.\n" {
		t.Errorf("SOUL.md is %q", got)
	}
	if got := c.read("opt/data/config.yaml"); got != "# settings\n_config_version: 33\n" {
		t.Errorf("config.yaml is %q", got)
	}
	c.is("opt/data/SOUL.md", 10000, 0o644)
	c.file("opt/data/SOUL.md", "", 0o644) // as somebody wants it
	c.run()
	if got := c.read("opt/data/SOUL.md"); got != "" {
		t.Errorf("SOUL.md that was emptied later is %q", got)
	}
}

func TestACopyOfTheBridgeThatWasCutShortIsWholeAgain(t *testing.T) {
	clause.Proves(t, "SETUP-38")
	for name, left := range map[string][]string{
		"before the move":   {"whatsapp-bridge", ".whatsapp-bridge.new"},
		"between the moves": {".whatsapp-bridge.old", ".whatsapp-bridge.new"},
		"after the moves":   {"whatsapp-bridge", ".whatsapp-bridge.old"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			c.file("opt/hermes/scripts/whatsapp-bridge/bridge.js", "new\n", 0o644)
			for _, dir := range left {
				c.file(filepath.Join("opt/data/scripts", dir, "bridge.js"), "old\n", 0o644)
			}
			c.run()
			if got := c.read("opt/data/scripts/whatsapp-bridge/bridge.js"); got != "new\n" {
				t.Errorf("it is %q", got)
			}
			names, err := filepath.Glob(c.data("scripts/.whatsapp-bridge.*"))
			if err != nil || len(names) > 0 {
				t.Errorf("left: %q, %v", names, err)
			}
		})
	}
}
