package setup

import (
	"os"
	"testing"
)

// contract: LOG-04
func TestOwnLogs(t *testing.T) {
	c := newContainer(t)
	c.file("opt/data/logs/gateways/coder/current", "x", 0o644)
	c.own("opt/data/logs/gateways/coder/current", 1000)
	c.file("opt/data/logs/gateways/other/current", "x", 0o644)
	if err := OwnLogs(Env{Root: c.root}, "coder"); err != nil {
		t.Fatal(err)
	}
	for rel, uid := range map[string]uint32{
		"": 10000, "/coder": 10000, "/coder/current": 10000, "/other": 0, "/other/current": 0,
	} {
		c.is("opt/data/logs/gateways"+rel, uid, 0)
	}
}

// contract: LOG-04, SETUP-15
func TestOwnLogsFollowsNoSymlink(t *testing.T) {
	for name, link := range map[string]string{
		"in place of the volume":         "opt/data",
		"in place of all logs":           "opt/data/logs",
		"in place of the gateways' logs": "opt/data/logs/gateways",
		"in place of the profile's logs": "opt/data/logs/gateways/coder",
		"in place of a file":             "opt/data/logs/gateways/coder/current",
	} {
		t.Run(name, func(t *testing.T) {
			c := newContainer(t)
			c.file("victim/logs/gateways/coder/current", "x", 0o644)
			c.file("victim/gateways/coder/current", "x", 0o644)
			c.file("victim/coder/current", "x", 0o644)
			if err := os.RemoveAll(c.data("")); err != nil {
				t.Fatal(err)
			}
			c.link(c.path("victim"), link)
			_ = OwnLogs(Env{Root: c.root}, "coder")
			for _, rel := range []string{
				"", "/logs/gateways", "/logs/gateways/coder/current", "/gateways", "/gateways/coder/current", "/coder", "/coder/current",
			} {
				c.is("victim"+rel, 0, 0)
			}
		})
	}
}

func TestOwnLogsTakesOnlyAProfile(t *testing.T) {
	c := newContainer(t)
	for _, name := range []string{"", "..", "../..", "a/b", "-R"} {
		if err := OwnLogs(Env{Root: c.root}, name); err == nil {
			t.Errorf("took %q", name)
		}
	}
}
