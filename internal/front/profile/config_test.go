package profile

import (
	"testing"
	"time"

	"caduceus/internal/clause"
)

func FuzzReadConfig(f *testing.F) {
	clause.Proves(f, "BOOT-18", "REC-09")
	f.Add("gateway: {multiplex_profiles: true}\nagent: {restart_drain_timeout: 30}\n")
	f.Add("agent: {restart_drain_timeout: -.inf}")
	f.Add("a: &a [*a]")
	f.Add("gateway: [1]\nagent: 5\n")
	f.Fuzz(func(t *testing.T, content string) {
		dir := t.TempDir()
		write(t, dir, "config.yaml", content)
		c, err := ReadConfig(dir)
		if c.DrainTimeout < 0 || c.DrainTimeout > maxDrain {
			t.Errorf("%q: %v", content, c.DrainTimeout)
		}
		if err != nil && c != (Config{}) {
			t.Errorf("%q: %+v with %v", content, c, err)
		}
	})
}

func TestTheDrainTimeoutOfAConfiguration(t *testing.T) {
	clause.Proves(t, "BOOT-18")
	dir := t.TempDir()
	write(t, dir, "config.yaml", "agent: {restart_drain_timeout: 2.5}\nother: x\n")
	if c, err := ReadConfig(dir); err != nil || c.DrainTimeout != 2500*time.Millisecond {
		t.Errorf("want a timeout of 2.5 s, got %+v, %v", c, err)
	}
}
