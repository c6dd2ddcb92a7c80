package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/identity"
)

func TestWhetherHermesMayPing(t *testing.T) {
	clause.Proves(t, "RUN-13")
	hermes := identity.Account{GID: 10000, Groups: []uint32{44}}
	for groups, want := range map[string]bool{
		"0\t2147483647\n": true,
		"1\t0\n":          false, // the kernel's own default: nobody
		"0\t0\n":          false,
		"44\t44\n":        true, // a supplementary group counts
		"10000\t10000\n":  true,
		"10001 20000":     false,
		"":                true,
		"rubbish":         true,
	} {
		if got := mayPing(groups, hermes); got != want {
			t.Errorf("mayPing(%q) = %v", groups, got)
		}
	}
}

// A rootless engine's namespace has few groups, and its kernel refuses a range with others.
func TestTheRangeForPingEndsWithTheGroupOfHermes(t *testing.T) {
	clause.Proves(t, "RUN-13")
	root := t.TempDir()
	for path, text := range map[string]string{
		"etc/passwd": "hermes:x:1234:4321::/opt/data:/bin/sh\n", "etc/group": "hermes:x:4321:\n", "proc/sys/net/ipv4/ping_group_range": "1\t0\n",
	} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found := ping(t.Context(), Container{Root: root})
	if len(found) != 1 || !strings.Contains(found[0].Fix, `="0 4321"`) {
		t.Errorf("found %+v", found)
	}
}
