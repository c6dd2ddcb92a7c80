package setup

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestANodeInTheVolumeIsWarnedAbout(t *testing.T) {
	clause.Proves(t, "TOOL-17")
	c := newContainer(t)
	c.file("opt/data/node/bin/node", "", 0o755)
	c.expect(c.run(), "[stage2] Warning: /opt/data/node/bin/node outranks the image's Node.js for the agent; move /opt/data/node away to use the image's\n")
	c.file("opt/data/node/bin/node", "", 0o644)
	if out := c.run(); strings.Contains(out, "outranks") {
		t.Errorf("not executable, but said %q", out)
	}
}
