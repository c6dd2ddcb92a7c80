package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestTheErrorOfAFileHasNothingOfItsContent(t *testing.T) {
	clause.Proves(t, "STATUS-06")
	for _, content := range []string{
		"gateway: sk-PLANTED", "sk-PLANTED", "a: *sk-PLANTED", "agent: !!int sk-PLANTED", "multiplex_profiles: !!bool 'sk-PLANTED`x'",
		"gateway:\n  multiplex_profiles: &PLANTED [*PLANTED]", "api_key: \"sk-PLANTED\nb: [", "sk-PLANTED: a: b", "a: *sk-'PLANTED' x",
		"agent: 'a`sk-PLANTED`b'",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadConfig(dir)
		if err == nil {
			t.Errorf("%q is no error", content)
		} else if strings.Contains(err.Error(), "PLANTED") || strings.Contains(err.Error(), "struct") {
			t.Errorf("%q: %v", content, err)
		}
	}
}
