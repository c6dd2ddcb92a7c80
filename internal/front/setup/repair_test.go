package setup

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/held"
)

func TestWhichFilesAreGivenToHermes(t *testing.T) {
	clause.Proves(t, "LOG-04", "SETUP-10", "SETUP-11", "SETUP-12", "SETUP-13", "SETUP-14")
	for name, test := range map[string]struct {
		volume int // owner of H before
		path   string
		owner  int // of path before
		want   uint32
	}{
		"foreign volume: the volume itself":         {1000, "", 1000, 10000},
		"foreign volume: deep in a tree":            {1000, "workspace/a/b", 1000, 10000},
		"foreign volume: root's file in a tree":     {1000, "skills/a", 0, 10000},
		"foreign volume: a tree of the agent's":     {1000, "kanban/a", 1000, 10000},
		"foreign volume: another top-level entry":   {1000, "photos/a", 1000, 1000},
		"foreign volume: another top-level file":    {1000, "notes.txt", 1000, 1000},
		"own volume: root's file deep in a tree":    {10000, "workspace/a/b/c", 0, 10000},
		"own volume: somebody's file in a tree":     {10000, "workspace/a/b/c", 1000, 1000},
		"own volume: somebody's file in profiles":   {10000, "profiles/x/SOUL.md", 1000, 10000},
		"own volume: somebody's file in cron":       {10000, "cron/jobs.json", 1000, 10000},
		"own volume: somebody's pairing":            {10000, "platforms/pairing/x", 1000, 10000},
		"own volume: somebody's file in platforms":  {10000, "platforms/other/x", 1000, 1000},
		"own volume: root's log of a gateway":       {10000, "logs/gateways/coder/current", 0, 10000},
		"own volume: root's top-level entry":        {10000, "photos/a", 0, 0},
		"own volume: root's file of the agent":      {10000, "state.db", 0, 10000},
		"own volume: somebody's file of the agent":  {10000, "gateway_state.json", 1000, 10000},
		"own volume: root's host secret stays":      {10000, "host_secret.json", 0, 0},
		"own volume: root's configuration":          {10000, "config.yaml", 0, 10000},
		"own volume: a tree's name used for a file": {10000, "plans", 0, 10000},
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			if test.path != "" {
				c.file("opt/data/"+test.path, "x", 0o644)
				c.own("opt/data/"+test.path, test.owner)
			}
			c.own("opt/data", test.volume)
			out := c.run()
			c.is(filepath.Join("opt/data", test.path), test.want, 0)
			fixing := "[stage2] Fixing ownership of /opt/data (targeted) to hermes (10000); to keep the present owner set HERMES_UID=1000 or HERMES_ADOPT_VOLUME_OWNER=1\n"
			if strings.Contains(out, fixing) != (test.volume != 10000) {
				t.Errorf("said %q", out)
			}
		})
	}
}

func TestForAVolumeOfRootNoUIDIsProposed(t *testing.T) {
	c := newContainer(t)
	c.own("opt/data", 0)
	c.expect(c.run(), "[stage2] Fixing ownership of /opt/data (targeted) to hermes (10000)\n")
}

func TestOwnershipIsNeverChangedThroughALink(t *testing.T) {
	clause.Proves(t, "SETUP-15")
	for name, test := range map[string]struct {
		link   string // below H
		target string // from the container's root; "" dangles
		env    string
		want   []string
	}{
		"a tree":                  {"workspace", "victim", "", []string{"recursive chown through symlinked path /opt/data/workspace"}},
		"a tree, dangling":        {"cron", "", "", []string{"recursive chown through symlinked path /opt/data/cron"}},
		"above a tree":            {"platforms", "victim", "", []string{"recursive chown through symlinked path /opt/data/platforms", "recursive chown through symlinked path /opt/data/platforms/pairing"}},
		"a file":                  {"auth.json", "victim/file", "", []string{"chown through symlinked path /opt/data/auth.json"}},
		"the keys":                {".env", "victim/file", "", []string{"chown through symlinked path /opt/data/.env", "chown/chmod through symlinked path /opt/data/.env"}},
		"the keys, dangling":      {".env", "", "", []string{"chown through symlinked path /opt/data/.env", "chown/chmod through symlinked path /opt/data/.env", "seed through symlinked path /opt/data/.env"}},
		"the configuration":       {"config.yaml", "victim/file", "", []string{"chown/chmod through symlinked path /opt/data/config.yaml"}},
		"the persona, dangling":   {"SOUL.md", "", "", []string{"seed through symlinked path /opt/data/SOUL.md"}},
		"a sign-in, dangling":     {"auth.json", "", "HERMES_AUTH_JSON_BOOTSTRAP={}", []string{"chown through symlinked path /opt/data/auth.json", "seed through symlinked path /opt/data/auth.json"}},
		"a sign-in to replace":    {"auth.json", "victim/file", "HERMES_AUTH_JSON_REBOOTSTRAP={}", []string{"chown through symlinked path /opt/data/auth.json", "reseed through symlinked path /opt/data/auth.json"}},
		"gateway state, dangling": {"gateway_state.json", "", "HERMES_GATEWAY_BOOTSTRAP_STATE=running", []string{"chown through symlinked path /opt/data/gateway_state.json", "seed through symlinked path /opt/data/gateway_state.json"}},
		"inside a tree":           {"workspace/x/link", "victim", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			c.file("victim/file", "x", 0o644)
			target := "/nowhere/at/all"
			if test.target != "" {
				target = c.path(test.target)
			}
			c.link(target, "opt/data/"+test.link)
			out := c.run(slices.DeleteFunc([]string{test.env}, func(s string) bool { return s == "" })...)
			for _, part := range test.want {
				c.expect(out, "[stage2] Warning: refusing "+part+" — continuing\n")
			}
			if n := strings.Count(out, "refusing"); n != len(test.want) {
				t.Errorf("%d refusals:\n%s", n, out)
			}
			c.is("victim", 0, 0o755)
			c.is("victim/file", 0, 0o644)
			if got := c.read("victim/file"); got != "x" {
				t.Errorf("the target became %q", got)
			}
			c.is("opt/data/"+test.link, 0, 0)
		})
	}
}

func BenchmarkRepairOf100000CleanFiles(b *testing.B) {
	root := b.TempDir()
	for i := range 200 {
		dir := fmt.Sprintf("%s/opt/data/workspace/%d", root, i)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			b.Fatal(err)
		}
		for k := range 500 {
			if err := os.WriteFile(fmt.Sprintf("%s/%d", dir, k), nil, 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	j := &job{Env: Env{Stdout: b.Output(), Root: root}, home: "/opt/data"}
	d, err := held.Open(filepath.Join(root, j.home), held.RefuseLinks)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	one, err := d.OneMount()
	if err != nil {
		b.Fatal(err)
	}
	j.trail = &held.Trail{Dir: d, Path: j.home}
	v := &volume{Dir: one, path: j.home}
	for b.Loop() { // all files belong to the user who runs this, and so does j.hermes
		if err := j.repairOwnership(b.Context(), v); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAChownThatFailsIsAWarning(t *testing.T) {
	clause.Proves(t, "SETUP-16")
	c := newContainer(t)
	c.file("opt/data/cron/a", "x", 0o644)
	c.file("opt/data/cron/b", "x", 0o644)
	c.file("opt/data/state.db", "x", 0o644)
	c.own("opt/data/cron", 10000)
	out := c.runWithoutCapability("CAP_CHOWN")
	c.expect(out,
		"[stage2] Warning: recursive chown of /opt/data/cron (operation not permitted) failed (rootless container?) — continuing\n",
		"[stage2] Warning: chown of /opt/data/state.db (operation not permitted) failed (rootless container?) — continuing\n")
	if n := strings.Count(out, "recursive chown"); n != 1 {
		t.Errorf("%d lines for one tree:\n%s", n, out)
	}
}

func TestRootWithoutDACOverrideIsWarned(t *testing.T) {
	clause.Proves(t, "RUN-07")
	c := newContainer(t)
	if err := os.Chmod(c.data(""), 0o700); err != nil {
		t.Fatal(err)
	}
	out := c.runWithoutCapability("CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH")
	c.expect(out, "[stage2] Warning: cannot look into /opt/data as root: capability DAC_OVERRIDE is missing — continuing\n")
	c.is("opt/data/.env", 10000, 0o600)
}
