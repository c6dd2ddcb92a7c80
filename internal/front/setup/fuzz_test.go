package setup

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/front/profile"
)

// config.yaml is hermes' to write, and each boot reads it.
func FuzzOutdated(f *testing.F) {
	clause.Proves(f, "SETUP-22", "SETUP-41")
	for _, seed := range []string{
		"", "_config_version: 33\n", "_config_version: '12'\n_config_version: 1", "a: &a [*a]", "a: 1\n---\n[broken", "_config_version: .nan",
		"a: &a {<<: *a}", "? {a: 1}\n: b", "_config_version: 1e99",
	} {
		f.Add(seed, 33)
	}
	f.Fuzz(func(t *testing.T, content string, latest int) {
		var config any
		if outdated([]byte(content), latest) && profile.LoadYAML([]byte(content), &config) != nil {
			t.Errorf("%q is no YAML, and to be migrated", content)
		}
		if stamped := stampVersion([]byte(content), 7); !strings.Contains(string(stamped), "_config_version: 7") {
			t.Errorf("%q has no version: %q", content, stamped)
		}
	})
}

func FuzzEscape(f *testing.F) {
	clause.Proves(f, "SETUP-41")
	f.Add("a\x1b[31m\r\n\xff\u009b\u202e")
	f.Fuzz(func(t *testing.T, text string) {
		out := string(escape([]byte(text)))
		if strings.Count(out, "\n") != strings.Count(text, "\n") || len(out) > 10*len(text) {
			t.Errorf("%q became %q", text, out)
		}
		for _, r := range out {
			if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0x202e {
				t.Errorf("%q became %q", text, out)
			}
		}
	})
}
