package setup

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const lastLine = "[stage2] Setup complete; starting user services\n"

// container is a directory that looks like the root of the image, with an empty volume.
type container struct {
	t    *testing.T
	root string
	env  []string
	look time.Duration // Env.LookLimit
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
	// In the place of Python: prints which program it is to run, as which user, and HOME. After a sync there is a manifest.
	c.file("opt/hermes/.venv/bin/python", "#!/bin/sh\necho \"python ${1##*/} uid $(id -u) HOME $HOME\"\n"+
		"case $1 in */skills_sync.py) [ -e skills/.bundled_manifest ] || : >skills/.bundled_manifest ;; esac\n", 0o755)
	c.dir("run/s6/container_environment")
	c.dir("opt/data")
	c.own("opt/data", 10000)
	c.dir("tmp")
	if err := os.Chmod(c.path("tmp"), 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
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

// mount mounts a file or directory at another, or at itself.
func (c *container) mount(from, at string) {
	c.t.Helper()
	if err := syscall.Mount(c.path(from), c.path(at), "", syscall.MS_BIND, ""); err != nil {
		c.t.Skipf("cannot mount here: %v", err)
	}
	c.t.Cleanup(func() { _ = syscall.Unmount(c.path(at), syscall.MNT_DETACH) })
}

// readOnly makes a directory a read-only mount.
func (c *container) readOnly(rel string) {
	c.t.Helper()
	path := c.path(rel)
	c.mount(rel, rel)
	if err := syscall.Mount("", path, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""); err != nil {
		c.t.Fatal(err)
	}
}

// run runs setup once and returns its output, without the last line.
func (c *container) run(env ...string) string {
	c.t.Helper()
	var out, errs bytes.Buffer
	code := Run(c.t.Context(), Env{Environ: append(c.env, env...), Stdout: &out, Stderr: &errs, Root: c.root, LookLimit: c.look})
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

// is checks owner and mode of an entry, of a link those of the link itself; mode 0 is any.
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

// snapshot returns mode, owner and content of everything below root.
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
