package setup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

// skills makes an image with two skills and a category, and the agent's program in little: it notes poetry in the manifest.
func (c *container) skills() {
	c.t.Helper()
	c.file("opt/hermes/skills/arts/DESCRIPTION.md", "of arts\n", 0o644)
	c.file("opt/hermes/skills/arts/poetry/SKILL.md", "---\nname: \"verse\"\n---\nwrite verse\n", 0o644)
	c.file("opt/hermes/skills/arts/poetry/forms/sonnet", "fourteen lines\n", 0o644)
	if err := os.RemoveAll(c.path("opt/hermes/skills/poetry")); err != nil {
		c.t.Fatal(err)
	}
	c.file("opt/hermes/.venv/bin/python", `#!/bin/sh
cd `+c.path("opt/data/skills")+` || exit
[ -e arts/poetry ] || cp -r `+c.path("opt/hermes/skills/arts/poetry")+` arts/poetry 2>/dev/null || { mkdir -p arts; cp -r `+c.path("opt/hermes/skills/arts/poetry")+` arts/poetry; }
[ -e arts/DESCRIPTION.md ] || cp `+c.path("opt/hermes/skills/arts/DESCRIPTION.md")+` arts/
[ -e .bundled_manifest ] || echo verse:1 >.bundled_manifest
echo Done
`, 0o755)
}

func TestSkillsThatWereCutShortAreCopiedAnew(t *testing.T) {
	clause.Proves(t, "SETUP-44")
	whole := map[string]string{
		"arts/poetry/SKILL.md": "---\nname: \"verse\"\n---\nwrite verse\n", "arts/poetry/forms/sonnet": "fourteen lines\n",
	}
	for name, c := range map[string]struct {
		left map[string]string // on the volume, by the path below skills
		want map[string]string // nil: whole
	}{
		"a directory without files": {map[string]string{"arts/poetry/forms/": ""}, nil},
		"one file is missing":       {map[string]string{"arts/poetry/SKILL.md": whole["arts/poetry/SKILL.md"]}, nil},
		"one file is short":         {map[string]string{"arts/poetry/SKILL.md": whole["arts/poetry/SKILL.md"], "arts/poetry/forms/sonnet": "four"}, nil},
		"all are empty":             {map[string]string{"arts/poetry/SKILL.md": "", "arts/poetry/forms/sonnet": ""}, nil},
		"a category is short":       {map[string]string{"arts/DESCRIPTION.md": "of"}, map[string]string{"arts/DESCRIPTION.md": "of arts\n"}},
		"the user's own file is in it": {
			map[string]string{"arts/poetry/SKILL.md": "---\n", "arts/poetry/mine": "x"},
			map[string]string{"arts/poetry/SKILL.md": "---\n", "arts/poetry/mine": "x"},
		},
		"the user's own skill of that name": {
			map[string]string{"arts/poetry/SKILL.md": "my verse\n"}, map[string]string{"arts/poetry/SKILL.md": "my verse\n"},
		},
		"the user removed a file of a skill that was complete": {
			map[string]string{"arts/poetry/SKILL.md": whole["arts/poetry/SKILL.md"], ".bundled_manifest": "verse:1\n"},
			map[string]string{"arts/poetry/SKILL.md": whole["arts/poetry/SKILL.md"], "arts/poetry/forms/sonnet": "-"},
		},
		"an update was cut short": {
			map[string]string{"arts/poetry/SKILL.md": "---\n", "arts/poetry.bak/SKILL.md": "old verse\n", ".bundled_manifest": "verse:de3e087513e21149132672a1e475822a\n"},
			map[string]string{"arts/poetry/SKILL.md": "old verse\n", "arts/poetry.bak/SKILL.md": "-"},
		},
		"a backup that is not ours": {
			map[string]string{"arts/poetry/SKILL.md": "---\n", "arts/poetry.bak/SKILL.md": "other verse\n", ".bundled_manifest": "verse:de3e087513e21149132672a1e475822a\n"},
			map[string]string{"arts/poetry/SKILL.md": "---\n", "arts/poetry.bak/SKILL.md": "other verse\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newContainer(t)
			b.skills()
			for path, content := range c.left {
				if strings.HasSuffix(path, "/") {
					b.dir("opt/data/skills/" + path)
				} else {
					b.file("opt/data/skills/"+path, content, 0o644)
				}
			}
			b.run()
			want := c.want
			if want == nil {
				want = whole
			}
			for path, content := range want {
				got, err := os.ReadFile(b.data("skills/" + path))
				if content == "-" && err == nil || content != "-" && string(got) != content {
					t.Errorf("%s is %q (%v), want %q", path, got, err, content)
				}
			}
		})
	}
}

func TestTheDigestIsThatOfTheAgent(t *testing.T) {
	dir := t.TempDir()
	for path, content := range map[string]string{"b-x": "1", "b/y": "2", "b/a/z": "3"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// As tools/skills_sync.py of agent 0.19.0 computes it: b/a/z, b/y, b-x.
	if got, want := digestOf(dir), "f8bacb41064c5f03ff2115f7151ce20b"; got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
	if got := digestOf(filepath.Join(dir, "none")); got != "" {
		t.Errorf("digest of nothing: %s", got)
	}
}
