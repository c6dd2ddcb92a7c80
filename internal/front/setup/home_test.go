package setup

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/front/profile"
)

// stageHomes makes directories to which HERMES_HOME may lead.
func stageHomes(t *testing.T) *container {
	t.Helper()
	c := newContainer(t)
	c.file("var/lib/dpkg/status", "x", 0o644)
	c.file("srv/precious/workspace/file", "x", 0o600)
	c.file("srv/data/config.yaml", "_config_version: 33\n", 0o600)
	c.file("srv/for-all/config.yaml", "x", 0o644)
	c.file("victim/file", "x", 0o644)
	c.dir("opt/data/profiles/coder")
	c.dir("srv/hermes/sub")
	c.dir("mnt/empty")
	c.dir("tmp")
	for path, mode := range map[string]uint32{"tmp": 0o1777, "srv/for-all": 0o777} {
		if err := syscall.Chmod(c.path(path), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"opt/data/profiles", "opt/data/profiles/coder", "srv/hermes"} {
		c.own(dir, 10000)
	}
	c.link("precious", "srv/link")
	c.link("../../opt", "srv/opt")
	c.link("/victim", "srv/hermes/link")
	c.link("data", "srv/good")
	c.link("../victim", "opt/data/way")
	c.link("../../../victim", "opt/data/profiles/coder/way")
	return c
}

func TestAHomeThatRootMustNotGiveToHermesIsRefused(t *testing.T) {
	clause.Proves(t, "ENV-14", "SETUP-15")
	for value, cause := range map[string]string{
		"/var/lib":                            `"/var/lib" belongs to uid 0 and has files in it that are not the agent's`,
		"/opt":                                "a directory of the system",
		"/srv/opt":                            `it leads to "/opt", a directory of the system`,
		"/srv/opt/hermes":                     `it leads to "/opt/hermes", a directory of the system`,
		"/srv/link":                           `"/srv/precious" belongs to uid 0 and has files in it`,
		"/srv/for-all":                        "others may write to it",
		"/tmp/home":                           `"/tmp/home" is not in root's hands: others may write to "/tmp"`,
		"/srv/hermes/sub":                     `"/srv/hermes/sub" is not in root's hands: uid 10000 may write to "/srv/hermes"`,
		"/srv/hermes/link/x":                  `uid 10000 may write to "/srv/hermes"`,
		"/opt/data/way/home":                  `uid 10000 may write to "/opt/data"`,
		"/opt/data/profiles/coder/sub":        `uid 10000 may write to "/opt/data"`,
		"/opt/data/profiles/coder/way/home":   `uid 10000 may write to "/opt/data"`,
		"/victim/file/home":                   "not a directory",
		"/srv/hermes/link/profiles/x":         `uid 10000 may write to "/srv/hermes"`,
		"/opt/data/profiles/coder/profiles/x": `uid 10000 may write to "/opt/data"`,
	} {
		t.Run(value, func(t *testing.T) {
			c := stageHomes(t)
			before := snapshot(t, c.path("srv"))
			out := c.run("HERMES_HOME=" + value)
			c.expect(out, "HERMES_HOME=", cause, "; using /opt/data\n")
			if n := strings.Count(out, "Warning"); n != 1 {
				t.Errorf("%d warnings:\n%s", n, out)
			}
			c.is("opt/data/.env", 10000, 0o600)
			c.expect(c.read("run/s6/container_environment/HERMES_HOME"), "/opt/data\n")
			for path, text := range snapshot(t, c.path("srv")) {
				if before[path] != text {
					t.Errorf("%s has changed", path)
				}
			}
			for _, path := range []string{"opt", "opt/hermes", "var/lib", "var/lib/dpkg/status", "victim", "victim/file", "tmp"} {
				c.is(path, 0, 0)
			}
			if left, err := os.ReadDir(c.path("victim")); err != nil || len(left) != 1 {
				t.Errorf("victim has %v, %v", left, err)
			}
			// Programs of "docker exec" get the variable from the engine.
			home, notice := profile.HomeOf(c.root, []string{"HERMES_HOME=" + value})
			if home != "/opt/data" || !strings.Contains(notice, "; using /opt/data") {
				t.Errorf("docker exec uses %s, %q", home, notice)
			}
		})
	}
}

func TestAHomeThatUsersHaveIsTaken(t *testing.T) {
	clause.Proves(t, "ENV-08", "ENV-09", "ENV-14")
	for value, home := range map[string]string{
		"/data":                    "data", // missing
		"/srv/a/b":                 "srv/a/b",
		"/mnt/empty":               "mnt/empty",
		"/srv/data":                "srv/data", // of a derived image, with content
		"/srv/good":                "srv/data", // a link of root's to it
		"/srv/hermes":              "srv/hermes",
		"/opt/data/":               "opt/data",
		"/opt/data/profiles/coder": "opt/data/profiles/coder",
		"/opt/data/profiles/new":   "opt/data/profiles/new",
	} {
		t.Run(value, func(t *testing.T) {
			c := stageHomes(t)
			out := c.run("HERMES_HOME=" + value)
			if strings.Contains(out, "refused") {
				t.Errorf("said %q", out)
			}
			c.is(home, 10000, 0)
			c.is(home+"/.env", 10000, 0o600)
			c.is("srv", 0, 0)
			c.is("mnt", 0, 0)
			if again := c.run("HERMES_HOME=" + value); again != "" {
				t.Errorf("a second run says %q", again)
			}
		})
	}
}

func TestAVolumeIsTakenWhateverIsInItAndWhereverItIs(t *testing.T) {
	clause.Proves(t, "ENV-14")
	for name, at := range map[string]string{
		"elsewhere": "mnt/empty", "below a directory of hermes": "srv/hermes/sub", "on a directory with files": "var/lib",
	} {
		t.Run(name, func(t *testing.T) {
			c := stageHomes(t)
			c.file("host/photos/x", "x", 0o644)
			c.mount("host", at)
			if out := c.run("HERMES_HOME=/" + at); strings.Contains(out, "refused") {
				t.Errorf("said %q", out)
			}
			c.is("host", 10000, 0)
			c.is("host/.env", 10000, 0o600)
			c.is("host/photos/x", 0, 0)
		})
	}
}

// A derived image has given /opt to hermes.
func TestWhereHermesCanExchangeTheVolumeRootLeavesItAlone(t *testing.T) {
	clause.Proves(t, "ENV-14")
	c := newContainer(t)
	c.file("opt/data/workspace/roots", "x", 0o600)
	c.own("opt", 10000)
	out := c.run()
	c.expect(out, `[stage2] Warning: root leaves /opt/data as it is, ownership included: "/opt/data" is not in root's hands: uid 10000 may write to "/opt"`)
	c.is("opt/data/workspace/roots", 0, 0o600)
	c.is("opt/data/.env", 10000, 0o600) // what hermes can do is done
}
