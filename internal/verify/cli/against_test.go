package cli

import (
	"testing"

	"caduceus/internal/verify/report"
	"caduceus/internal/verify/static"
)

func TestABrokenCheckLeadsToTheChangeThatItNames(t *testing.T) {
	changes := []static.Change{
		{Object: "HEALTHCHECK", Entry: 1},
		{Object: "ENV PATH", Entry: 2},
		{Object: "/etc/passwd", Entry: 3},
		{Object: "/opt/hermes/docker", Entry: 4},
		{Object: "/opt/hermes/docker/SOUL.md", Entry: 5},
		{Object: "/opt/hermes/bin/hermes", Entry: 6},
		{Object: "/command/s6-svc", Entry: -1},
	}
	for name, tc := range map[string]struct {
		id, saw string
		entry   int // -1: none is named
	}{
		"a path":                             {"image-tree-root-only", `stdout "/opt/hermes/bin/hermes\n"`, 6},
		"the longest of several":             {"image-seed-files", "/opt/hermes/docker/SOUL.md is missing in /opt/hermes/docker", 5},
		"a variable":                         {"image-environment", `want PATH "/usr/bin", got "/bin"`, 2},
		"no part of a longer path":           {"boot-argv", "/opt/hermes/docker/SOUL.md_orig and XPATH and /my/etc/passwd", -1},
		"what the check is about":            {"image-user", "want 10000, got 1000", 3},
		"nothing where that is several":      {"image-project-root", "exit code 1", -1},
		"nothing where no entry is known":    {"svc-unsupervised", "/command/s6-svc", -1},
		"nothing where nothing of it is new": {"tty-main", "exit code 1", -1},
	} {
		t.Run(name, func(t *testing.T) {
			c, known := suspect(report.Result{ID: tc.id, Breaks: []report.Break{{Saw: tc.saw}}}, changes)
			if known != (tc.entry >= 0) || (known && c.Entry != tc.entry) {
				t.Errorf("got %+v, %t, want entry %d", c, known, tc.entry)
			}
		})
	}
}
