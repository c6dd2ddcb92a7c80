package setup

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"caduceus/internal/clause"
)

// mounted makes a file of the host and mounts it into the volume.
func (c *container) mounted(name, content string, uid int, mode os.FileMode) {
	c.file("host/"+name, content, mode)
	c.own("host/"+name, uid)
	c.file("opt/data/"+name, "", 0o600)
	c.own("opt/data/"+name, 10000)
	c.mount("host/"+name, "opt/data/"+name)
}

func (c *container) text(rel string) string {
	c.t.Helper()
	text, err := os.ReadFile(c.path(rel))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

func TestAKeyIsAddedToAFileThatIsMounted(t *testing.T) {
	clause.Proves(t, "SETUP-34", "SETUP-42")
	c := newContainer(t)
	c.mounted(".env", "API_SERVER_ENABLED=true\n", 10000, 0o640)
	c.expect(c.run(), "added a random API_SERVER_KEY to /opt/data/.env")
	if got := c.text("host/.env"); !strings.HasPrefix(got, "API_SERVER_ENABLED=true\n") || !strings.Contains(got, "\nAPI_SERVER_KEY=") {
		t.Errorf("%q", got)
	}
	c.is("host/.env", 10000, 0o640)
}

func TestAKeyThatCannotBeAddedIsNamed(t *testing.T) {
	clause.Proves(t, "SETUP-34", "SETUP-42")
	c := newContainer(t)
	c.mounted(".env", "API_SERVER_ENABLED=true\n", 0, 0o644)
	out := c.run()
	c.expect(out, "none can be added: hermes cannot write /opt/data/.env", "chown 10000:10000", "or set API_SERVER_KEY yourself")
	if got := c.text("host/.env"); got != "API_SERVER_ENABLED=true\n" {
		t.Errorf("%q", got)
	}
}

// What cannot be migrated is said once, without a backup, and tried again when something has changed.
func TestAConfigurationThatCannotBeMigratedIsNamedOnce(t *testing.T) {
	clause.Proves(t, "SETUP-24", "SETUP-43")
	for name, c := range map[string]struct {
		prepare func(c *container)
		says    string
		change  func(c *container) // what makes the next boot try again
	}{
		"a mount that hermes cannot write": {
			func(c *container) { c.mounted("config.yaml", "_config_version: 3\n", 0, 0o644) },
			"config.yaml has an old schema and stays as it is: hermes cannot write /opt/data/config.yaml",
			func(c *container) { c.own("host/config.yaml", 10000) },
		},
		"a read-only mount": {
			func(c *container) {
				c.mounted("config.yaml", "_config_version: 3\n", 10000, 0o644)
				if err := syscall.Mount("", c.path("opt/data/config.yaml"), "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""); err != nil {
					c.t.Fatal(err)
				}
			},
			`/opt/data/config.yaml is mounted read-only; mount it without ":ro"`,
			func(c *container) {
				if err := syscall.Mount("", c.path("opt/data/config.yaml"), "", syscall.MS_REMOUNT|syscall.MS_BIND, ""); err != nil {
					c.t.Fatal(err)
				}
			},
		},
		"keys that hermes cannot read": {
			func(c *container) {
				c.file("opt/data/config.yaml", "_config_version: 3\n", 0o640)
				c.mounted(".env", "A=1\n", 0, 0o600)
			},
			"stays as it is: hermes cannot read /opt/data/.env",
			func(c *container) { c.own("host/.env", 10000) },
		},
		"a migration that fails": {
			func(c *container) {
				c.file("opt/data/config.yaml", "_config_version: 3\n", 0o640)
				c.file("opt/hermes/.venv/bin/python", "#!/bin/sh\ncase $1 in *migrate*) echo tried; exit 1;; esac\n", 0o755)
			},
			"docker_config_migrate.py failed; continuing",
			func(c *container) { c.file("opt/data/config.yaml", "_config_version: 4\n", 0o640) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			box := newContainer(t)
			c.prepare(box)
			box.expect(box.run(), c.says)
			for range 2 {
				if out := box.run(); strings.Contains(out, "schema") || strings.Contains(out, "migrate") {
					t.Errorf("said again:\n%s", out)
				}
			}
			if left, _ := filepath.Glob(box.data("*.bak-*")); len(left) > 0 {
				t.Errorf("backups: %v", left)
			}
			c.change(box)
			box.expect(box.run(), "migrate")
		})
	}
}

func TestADirectoryInThePlaceOfAFileIsNamed(t *testing.T) {
	clause.Proves(t, "SETUP-42")
	c := newContainer(t)
	for _, name := range []string{".env", "config.yaml", "SOUL.md"} {
		c.dir("opt/data/" + name)
	}
	out := c.run()
	for _, name := range []string{".env", "config.yaml", "SOUL.md"} {
		if n := strings.Count(out, "/opt/data/"+name+" "); n != 1 {
			t.Errorf("%s is named %d times:\n%s", name, n, out)
		}
	}
}
