package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/front/mounts"
	"caduceus/internal/front/profile"
)

func TestFilesThatAreNotThePersonsAreNoted(t *testing.T) {
	clause.Proves(t, "POD-05")
	const (
		rootless = "         0       1000          1\n         1     100000      65536\n"
		keepID   = "         0          1      10000\n     10000          0          1\n     10001      10001      55536\n"
		rootful  = "         0          0 4294967295\n"
		remapped = "         0     100000      65536\n"
	)
	bind := mounts.Mount{Point: "/opt/data", Source: "/home/me/.hermes", Kind: "ext4"}
	for name, c := range map[string]struct {
		uidMap string
		mount  mounts.Mount
		noted  bool
	}{
		"a directory of the host":           {rootless, bind, true},
		"a directory with keep-id":          {keepID, bind, false},
		"a directory of root's container":   {rootful, bind, false},
		"a directory with a remapped range": {remapped, bind, false},
		"a map that cannot be read":         {"0 1000\n", bind, false},
		"a map of something else":           {"a b c\n", bind, false},
		"a named volume":                    {rootless, mounts.Mount{Point: "/opt/data", Source: "/x/volumes/hermes/_data", Kind: "ext4"}, false},
		"no volume at all":                  {rootless, mounts.Mount{Point: "/", Source: "/", Kind: "overlay"}, false},
		"memory":                            {rootless, mounts.Mount{Point: "/opt/data", Source: "/", Kind: "tmpfs"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for path, text := range map[string]string{"etc/passwd": "hermes:x:10000:10000::/opt/data:/bin/sh\n", "etc/group": "hermes:x:10000:\n", "proc/self/uid_map": c.uidMap} {
				path = filepath.Join(root, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			found := othersFiles(t.Context(), Container{Root: root, Home: profile.Home("/opt/data"), Mounts: []mounts.Mount{c.mount}})
			if (len(found) == 1) != c.noted {
				t.Fatalf("found %v", found)
			}
			if c.noted && !strings.Contains(found[0].Fix, "--userns=keep-id:uid=10000,gid=10000 --user=0:0, after podman unshare chown -R 0:0 /home/me/.hermes") {
				t.Errorf("fix: %s", found[0].Fix)
			}
		})
	}
}
