package setup

import (
	"os"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestACopyOfTheBridgeThatDiffersIsReplaced(t *testing.T) {
	clause.Proves(t, "SETUP-38")
	const image = "opt/hermes/scripts/whatsapp-bridge"
	for name, test := range map[string]struct {
		spoil string // file of the copy that is not the image's; "" is none
		want  bool
	}{
		"the same":                 {"", false},
		"another program":          {"bridge.js", true},
		"another library":          {"lib/a.js", true},
		"other dependencies":       {"node_modules/.hermes-pkg-hash", true},
		"a file inside dependency": {"node_modules/x/index.js", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			for _, dir := range []string{image, "opt/data/scripts/whatsapp-bridge", "opt/data/profiles/coder/scripts/whatsapp-bridge"} {
				for _, file := range []string{"bridge.js", "lib/a.js", "node_modules/.hermes-pkg-hash", "node_modules/x/index.js"} {
					c.file(dir+"/"+file, file, 0o644)
				}
				c.link("../x/index.js", dir+"/node_modules/.bin/x")
			}
			c.dir("opt/data/profiles/plain")
			for _, dir := range []string{"scripts", "profiles/coder/scripts"} {
				if test.spoil != "" {
					c.file("opt/data/"+dir+"/whatsapp-bridge/"+test.spoil, "old", 0o644)
				}
			}
			out := c.run()
			if n := strings.Count(out, "Replaced the WhatsApp bridge"); (n == 2) != test.want || n == 1 {
				t.Errorf("said %q", out)
			}
			for _, dir := range []string{"scripts", "profiles/coder/scripts"} {
				if test.want && c.read("opt/data/"+dir+"/whatsapp-bridge/"+test.spoil) != test.spoil {
					t.Errorf("%s was not replaced", dir)
				}
				c.is("opt/data/"+dir+"/whatsapp-bridge/bridge.js", 10000, 0)
			}
			if _, err := os.Lstat(c.data("profiles/plain/scripts")); err == nil {
				t.Error("a profile without a copy got one")
			}
			if again := c.run(); strings.Contains(again, "Replaced") {
				t.Errorf("replaced again:\n%s", again)
			}
		})
	}
}
