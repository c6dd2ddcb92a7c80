package setup

import (
	"os"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestBridgeCopiesFollowTheImage(t *testing.T) {
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

func TestNodeOfTheVolumeIsNamed(t *testing.T) {
	clause.Proves(t, "TOOL-17")
	c := newContainer(t)
	c.file("opt/data/node/bin/node", "", 0o755)
	c.expect(c.run(), "[stage2] Warning: /opt/data/node/bin/node outranks the image's Node.js for the agent; move /opt/data/node away to use the image's\n")
	c.file("opt/data/node/bin/node", "", 0o644)
	if out := c.run(); strings.Contains(out, "outranks") {
		t.Errorf("not executable, but said %q", out)
	}
}

func TestLinkToTheCommand(t *testing.T) {
	clause.Proves(t, "ENV-13", "TOOL-17")
	for name, test := range map[string]struct{ before, want string }{
		"of an older image": {"/opt/hermes/.venv/bin/hermes", frontProgram},
		"of a host":         {"/home/u/.hermes/hermes-agent/venv/bin/hermes", frontProgram},
		"right already":     {frontProgram, frontProgram},
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			c.link(test.before, "opt/data/.local/bin/hermes")
			c.own("opt/data/.local/bin", 10000)
			c.run()
			if got, err := os.Readlink(c.data(".local/bin/hermes")); err != nil || got != test.want {
				t.Errorf("links to %q, %v", got, err)
			}
		})
	}
	c := newContainer(t)
	c.file("opt/data/.local/bin/hermes", "#!/bin/sh\n", 0o755)
	c.run()
	if c.read("opt/data/.local/bin/hermes") != "#!/bin/sh\n" {
		t.Error("somebody's own program was replaced")
	}
}
