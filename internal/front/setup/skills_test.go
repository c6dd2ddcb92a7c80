package setup

import (
	"os"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestSkillsAreSyncedWhenSomethingChanged(t *testing.T) {
	clause.Proves(t, "SETUP-29")
	c := newContainer(t)
	synced := func(why string, want bool, env ...string) {
		t.Helper()
		if out := c.run(env...); strings.Contains(out, "[stage2] Skills: ") != want {
			t.Errorf("%s: said %q", why, out)
		}
	}
	synced("a new volume", true)
	synced("nothing changed", false)
	c.file("opt/hermes/skills/poetry/SKILL.md", "write prose\n", 0o644) // the same size
	synced("another image", true)
	synced("nothing changed", false)
	c.file("opt/data/skills/.bundled_manifest", "poetry:1\n", 0o644)
	synced("another manifest", true)
	c.file("opt/data/skills/mine/SKILL.md", "mine\n", 0o644)
	synced("another skill in the volume", true)
	c.file("opt/data/skills/mine/SKILL.md", "still mine\n", 0o644)
	synced("a skill was edited", false)
	c.file("opt/data/config.yaml", "_config_version: 33\nskills: {}\n", 0o640)
	synced("other settings", true)
	if err := os.Remove(c.data(skillsStamp)); err != nil {
		t.Fatal(err)
	}
	c.file("opt/data/.no-bundled-skills", "", 0o644)
	synced("not wanted", false)
	if err := os.Remove(c.data(".no-bundled-skills")); err != nil {
		t.Fatal(err)
	}
	c.file("opt/hermes/.venv/bin/python", "#!/bin/sh\nexit 1\n", 0o755)
	c.expect(c.run(), "[stage2] Warning: skills_sync.py failed; continuing\n")
	if _, err := os.Stat(c.data(skillsStamp)); err == nil {
		t.Error("a failed sync was remembered as done")
	}
}
