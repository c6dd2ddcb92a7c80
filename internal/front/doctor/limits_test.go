package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/front/gateway"
)

func TestAPidsLimitThatWasHitIsFound(t *testing.T) {
	clause.Proves(t, "STATUS-04")
	const v2, v1 = "/sys/fs/cgroup/", "/sys/fs/cgroup/pids/"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no cgroup":     {nil, ""},
		"no limit":      {map[string]string{v2 + "pids.max": "max\n", v2 + "pids.current": "900\n", v2 + "pids.events": "max 0\n"}, ""},
		"room":          {map[string]string{v2 + "pids.max": "100\n", v2 + "pids.current": "84\n", v2 + "pids.events": "max 0\n"}, ""},
		"close":         {map[string]string{v2 + "pids.max": "100\n", v2 + "pids.current": "85\n"}, "85 of 100"},
		"too small":     {map[string]string{v2 + "pids.max": "47\n", v2 + "pids.current": "9\n", v2 + "pids.events": "max 0\n"}, "47 processes and threads are too few for a gateway"},
		"was hit":       {map[string]string{v2 + "pids.max": "100\n", v2 + "pids.current": "30\n", v2 + "pids.events": "max 7\n"}, "7 times since the container started: 30 of 100"},
		"first version": {map[string]string{v1 + "pids.max": "100\n", v1 + "pids.current": "30\n", v1 + "pids.events": "max 2\n"}, "2 times"},
		"garbage":       {map[string]string{v1 + "pids.max": "100\n", v1 + "pids.current": "30\n", v1 + "pids.events": "max x\nmax\n\n"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for path, text := range c.files {
				path = filepath.Join(root, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			found := pidsLimit(t.Context(), Container{Root: root})
			if (len(found) == 1) != (c.want != "") || c.want != "" && !strings.Contains(found[0].Cause, c.want) {
				t.Errorf("%+v, want %q", found, c.want)
			}
		})
	}
}

func TestALogWithoutRoomIsFound(t *testing.T) {
	clause.Proves(t, "LOG-07", "STATUS-04")
	c := Container{Scandir: gateway.Scandir{Path: t.TempDir()}}
	dir := filepath.Join(c.Scandir.Dir("coder"), "log")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if found := roomForLogs(t.Context(), c); len(found) != 0 {
		t.Errorf("%+v", found)
	}
	if err := os.WriteFile(filepath.Join(dir, gateway.NoRoomFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if found := roomForLogs(t.Context(), c); len(found) != 1 || found[0].Object != "log of gateway-coder" {
		t.Errorf("%+v", found)
	}
}
