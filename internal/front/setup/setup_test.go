package setup

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/front/apt"
)

const lastLine = "[stage2] Setup complete; starting user services\n"

// container is a root directory that looks like the image's, with an empty volume.
type container struct {
	t    *testing.T
	root string
	env  []string
}

func newContainer(t *testing.T) *container {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: gives files to hermes")
	}
	c := &container{t: t, root: t.TempDir(), env: []string{"PATH=/usr/bin:/bin"}}
	for _, dir := range []string{filepath.Dir(c.root), c.root} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c.file("etc/passwd", "root:x:0:0::/root:/bin/sh\nhermes:x:10000:10000::/opt/data:/bin/bash\n", 0o644)
	c.file("etc/group", "root:x:0:\nhermes:x:10000:\n", 0o644)
	c.file("opt/hermes/.env.example", "# OPENAI_API_KEY=\n", 0o644)
	c.file("opt/hermes/cli-config.yaml.example", "# settings\n_config_version: 1\n", 0o644)
	c.file("opt/hermes/docker/SOUL.md", "Be kind.\n", 0o644)
	c.file("opt/hermes/hermes_cli/config.py", "DEFAULT_CONFIG = {\n    \"_config_version\": 33,\n}\n", 0o644)
	c.file("opt/hermes/skills/poetry/SKILL.md", "write verse\n", 0o644)
	// Stands for the venv's Python: says what it was asked to run, by whom, and where.
	c.file("opt/hermes/.venv/bin/python", "#!/bin/sh\necho \"python ${1##*/} uid $(id -u) HOME $HOME\"\n", 0o755)
	c.dir("run/s6/container_environment")
	c.dir("opt/data")
	c.own("opt/data", 10000)
	return c
}

func (c *container) path(rel string) string { return filepath.Join(c.root, rel) }

func (c *container) data(rel string) string { return filepath.Join(c.root, "opt/data", rel) }

func (c *container) dir(rel string) {
	c.t.Helper()
	if err := os.MkdirAll(c.path(rel), 0o755); err != nil {
		c.t.Fatal(err)
	}
}

func (c *container) file(rel, content string, mode fs.FileMode) {
	c.t.Helper()
	c.dir(filepath.Dir(rel))
	if err := os.WriteFile(c.path(rel), []byte(content), mode); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Chmod(c.path(rel), mode); err != nil {
		c.t.Fatal(err)
	}
}

func (c *container) own(rel string, uid int) {
	c.t.Helper()
	if err := os.Lchown(c.path(rel), uid, uid); err != nil {
		c.t.Fatal(err)
	}
}

func (c *container) link(target, rel string) {
	c.t.Helper()
	c.dir(filepath.Dir(rel))
	if err := os.Symlink(target, c.path(rel)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *container) read(rel string) string {
	c.t.Helper()
	b, err := os.ReadFile(c.path(rel))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

// readOnly mounts a directory over itself, read-only.
func (c *container) readOnly(rel string) {
	c.t.Helper()
	path := c.path(rel)
	if err := syscall.Mount(path, path, "", syscall.MS_BIND, ""); err != nil {
		c.t.Skipf("cannot mount here: %v", err)
	}
	c.t.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
	if err := syscall.Mount("", path, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""); err != nil {
		c.t.Fatal(err)
	}
}

// run is one setup; it returns what was said.
func (c *container) run(env ...string) string {
	c.t.Helper()
	var out, errs bytes.Buffer
	code := Run(c.t.Context(), Env{Environ: append(c.env, env...), Stdout: &out, Stderr: &errs, Root: c.root})
	if code != 0 || !strings.HasSuffix(out.String(), lastLine) {
		c.t.Fatalf("code %d\nstdout: %s\nstderr: %s", code, &out, &errs)
	}
	return strings.TrimSuffix(out.String(), lastLine) + errs.String()
}

func (c *container) expect(out string, lines ...string) {
	c.t.Helper()
	for _, line := range lines {
		if !strings.Contains(out, line) {
			c.t.Errorf("%q is not in\n%s", line, out)
		}
	}
}

// is checks owner and mode of an entry, not through symlinks.
func (c *container) is(rel string, uid uint32, mode fs.FileMode) {
	c.t.Helper()
	info, err := os.Lstat(c.path(rel))
	if err != nil {
		c.t.Error(err)
		return
	}
	if got := info.Sys().(*syscall.Stat_t).Uid; got != uid {
		c.t.Errorf("%s: uid %d, want %d", rel, got, uid)
	}
	if got := info.Mode().Perm(); mode != 0 && got != mode {
		c.t.Errorf("%s: mode %v, want %v", rel, got, mode)
	}
}

func TestFirstBoot(t *testing.T) {
	c := newContainer(t)
	out := c.run()
	want := "[stage2] Skills: python skills_sync.py uid 10000 HOME /opt/data\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	clause.Proves(t, "SETUP-19", "SETUP-20")
	c.is("opt/data/.env", 10000, 0o600)
	c.is("opt/data/config.yaml", 10000, 0o640)
	c.is("opt/data/SOUL.md", 10000, 0o644)
	if diff := cmp.Diff("# settings\n_config_version: 33\n", c.read("opt/data/config.yaml")); diff != "" {
		t.Error(diff)
	}
	clause.Proves(t, "SETUP-18")
	for _, dir := range append(trees(), "backups", "logs/gateways") {
		if dir == "profiles" {
			if _, err := os.Stat(c.data(dir)); err == nil {
				t.Error("profiles was created")
			}
			continue
		}
		c.is("opt/data/"+dir, 10000, 0)
	}
	clause.Proves(t, "ENV-13")
	if target, err := os.Readlink(c.data(".local/bin/hermes")); err != nil || target != "/opt/hermes/bin/hermes" {
		t.Errorf("link to %q, %v", target, err)
	}
	c.is("opt/data/.local/state/hermes/gateway-locks", 10000, 0)
	clause.Proves(t, "SETUP-28")
	if _, err := os.Stat(c.data("gateway_state.json")); err == nil {
		t.Error("a gateway state was written")
	}
}

func TestSecondRunSaysAndChangesNothing(t *testing.T) {
	clause.Proves(t, "SETUP-01")
	c := newContainer(t)
	c.run("HERMES_UID=4000", "HERMES_GID=4001")
	before := snapshot(t, c.root)
	if out := c.run("HERMES_UID=4000", "HERMES_GID=4001"); out != "" {
		t.Errorf("said %q", out)
	}
	if diff := cmp.Diff(before, snapshot(t, c.root)); diff != "" {
		t.Error(diff)
	}
}

// snapshot is everything below root: mode, owner, content.
func snapshot(t *testing.T, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		text := strings.Join([]string{info.Mode().String(), string(rune(st.Uid)), string(rune(st.Gid))}, " ")
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text += " " + string(b)
		}
		all[path] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestMissingParentsOfHomeAreRoots(t *testing.T) {
	clause.Proves(t, "ENV-08")
	c := newContainer(t)
	c.run("HERMES_HOME=/srv/a/b")
	c.is("srv", 0, 0o755)
	c.is("srv/a", 0, 0o755)
	c.is("srv/a/b", 10000, 0o755)
	c.is("srv/a/b/.env", 10000, 0o600)
}

func TestImpossibleHomeIsReplaced(t *testing.T) {
	clause.Proves(t, "ENV-11")
	c := newContainer(t)
	c.expect(c.run("HERMES_HOME=data"), `HERMES_HOME="data"`, "/opt/data")
	c.is("opt/data/.env", 10000, 0o600)
}

func TestUnwritableVolumeIsOneLine(t *testing.T) {
	clause.Proves(t, "SETUP-17")
	c := newContainer(t)
	c.readOnly("opt/data")
	out := c.run()
	c.expect(out, "hermes, uid 10000 cannot write /opt/data (owner 10000:10000)", "read-only")
	if n := strings.Count(out, "\n"); n != 1 {
		t.Errorf("%d lines:\n%s", n, out)
	}
}

func TestBrowserIsExported(t *testing.T) {
	clause.Proves(t, "SETUP-30")
	c := newContainer(t)
	c.env = []string{"PATH=/usr/bin:/bin", "PLAYWRIGHT_BROWSERS_PATH=/opt/hermes/.playwright", "AGENT_BROWSER_ARGS=--no-sandbox,--disable-dev-shm-usage"}
	c.expect(c.run(), "[stage2] Warning: no Chromium under \"/opt/hermes/.playwright\", which PLAYWRIGHT_BROWSERS_PATH names")

	c.file("opt/hermes/.playwright/chromium-1/INSTALLATION_COMPLETE", "", 0o755)
	c.file("opt/hermes/.playwright/chromium-1/chrome-wrapper", "", 0o755)
	c.file("opt/hermes/.playwright/chromium-1/a/chrome", "", 0o644)
	c.link("/nowhere", "opt/hermes/.playwright/chromium-1/b/chrome")
	c.file("usr/lib/chromium/real", "", 0o755)
	c.link("../../../../../usr/lib/chromium/real", "opt/hermes/.playwright/chromium-1/linux/headless_shell")
	browser := "/opt/hermes/.playwright/chromium-1/linux/headless_shell"
	c.expect(c.run(), "[stage2] Found agent-browser Chromium binary: "+browser+"\n")
	if got := c.read("run/s6/container_environment/AGENT_BROWSER_EXECUTABLE_PATH"); got != browser+"\n" {
		t.Errorf("exported %q", got)
	}
	if out := c.run("AGENT_BROWSER_EXECUTABLE_PATH=/usr/lib/chromium/real"); out != "" {
		t.Errorf("a browser was given, and setup said %q", out)
	}
	c.expect(c.run("AGENT_BROWSER_EXECUTABLE_PATH=/x"), "[stage2] Warning: AGENT_BROWSER_EXECUTABLE_PATH=\"/x\" is no program")
	// What setup exports wins over .env, so a choice made there must be left alone.
	c.file("opt/data/.env", "AGENT_BROWSER_EXECUTABLE_PATH=/usr/lib/chromium/real\n", 0o600)
	if out := c.run(); out != "" {
		t.Errorf("a browser stands in .env, and setup said %q", out)
	}
}

func TestPerms(t *testing.T) {
	c := newContainer(t)
	for _, slot := range []string{"main-hermes", "dashboard"} {
		c.dir("run/s6-rc/servicedirs/" + slot)
	}
	c.dir("run/s6-rc/servicedirs/dashboard/supervise")
	for range 2 {
		var out, errs bytes.Buffer
		if code := Perms(t.Context(), Env{Stdout: &out, Stderr: &errs, Root: c.root}); code != 0 || errs.Len() > 0 {
			t.Fatalf("code %d: %s", code, &errs)
		}
		clause.Proves(t, "REC-01")
		if got := out.String(); got != "[supervise-perms] chowned supervise/ trees for static s6-rc services\n" {
			t.Errorf("said %q", got)
		}
		for _, slot := range []string{"main-hermes", "dashboard"} {
			c.is("run/s6-rc/servicedirs/"+slot+"/supervise", 10000, 0o710)
			c.is("run/s6-rc/servicedirs/"+slot+"/supervise/control", 10000, 0o660)
			c.is("run/s6-rc/servicedirs/"+slot+"/event", 10000, 0o730)
			info, err := os.Stat(c.path("run/s6-rc/servicedirs/" + slot + "/event"))
			if err != nil || info.Mode()&(fs.ModeSetgid|fs.ModeSticky) != fs.ModeSetgid|fs.ModeSticky {
				t.Errorf("event: %v, %v", info.Mode(), err)
			}
		}
	}
}

// The helper that runs as root may be looked at, and no more.
func TestPermsKeepTheSlotOfRoot(t *testing.T) {
	clause.Proves(t, "TOOL-14")
	c := newContainer(t)
	for _, slot := range []string{apt.Slot, "dashboard"} {
		c.dir("run/s6-rc/servicedirs/" + slot)
	}
	var out bytes.Buffer
	if code := Perms(t.Context(), Env{Stdout: &out, Stderr: &out, Root: c.root}); code != 0 {
		t.Fatalf("code %d: %s", code, &out)
	}
	if os.Geteuid() != 0 {
		return // then no slot runs as root
	}
	c.is("run/s6-rc/servicedirs/"+apt.Slot+"/supervise", 0, 0o755)
	if _, err := os.Stat(c.path("run/s6-rc/servicedirs/" + apt.Slot + "/event")); err == nil {
		t.Error("hermes may subscribe to its events")
	}
}

func TestMissingAccountIsFatal(t *testing.T) {
	var out, errs bytes.Buffer
	if code := Run(t.Context(), Env{Stdout: &out, Stderr: &errs, Root: t.TempDir()}); code != 1 {
		t.Errorf("code %d", code)
	}
	if !regexp.MustCompile(`(?m)^\[stage2\] ERROR: cannot read account file ".*passwd"`).MatchString(errs.String()) {
		t.Errorf("said %q", &errs)
	}
}
