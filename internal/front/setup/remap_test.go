package setup

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/env"
)

func TestHermesGetsTheIDsOfTheVariables(t *testing.T) {
	clause.Proves(t, "SETUP-02", "SETUP-05")
	c := newContainer(t)
	out := c.run("PUID=99", "PGID=100")
	c.expect(out, "[stage2] Changing hermes UID to 99\n", "[stage2] Changing hermes GID to 100\n",
		"[stage2] Fixing ownership of /opt/data (targeted) to hermes (99)")
	c.expect(c.read("etc/passwd"), "hermes:x:99:100:")
	c.is("opt/data", 99, 0)
	c.is("opt/data/.env", 99, 0o600)
}

func TestInvalidIDsAreWarnedAbout(t *testing.T) {
	clause.Proves(t, "SETUP-04")
	c := newContainer(t)
	c.expect(c.run("HERMES_UID=x"), `[stage2] Warning: ignoring HERMES_UID="x": not a number; it counts as not set (hermes is 10000:10000)`)
	c.is("opt/data/.env", 10000, 0)
}

func TestHermesGetsTheIDsOfTheVolumesOwner(t *testing.T) {
	clause.Proves(t, "SETUP-08")
	c := newContainer(t)
	c.own("opt/data", 1234)
	out := c.run("HERMES_ADOPT_VOLUME_OWNER=1")
	c.expect(out, "[stage2] Adopting owner 1234:1234 of /opt/data\n", "[stage2] Changing hermes UID to 1234\n")
	if strings.Contains(out, "Fixing ownership") {
		t.Errorf("repaired what it adopted:\n%s", out)
	}
}

func TestWithAReadOnlyEtcServicesUseNumericIDs(t *testing.T) {
	clause.Proves(t, "SETUP-09")
	c := newContainer(t)
	c.readOnly("etc")
	out := c.run("HERMES_UID=4000")
	c.expect(out, "read-only file system", "services use 4000:10000", `"docker exec -u hermes"`)
	c.is("opt/data/.env", 4000, 0)
	if again := c.run("HERMES_UID=4000"); again != "" {
		t.Errorf("second run: %q", again)
	}
}

func TestHermesJoinsTheGroupsOfSocketsAndDevices(t *testing.T) {
	clause.Proves(t, "SETUP-31", "SETUP-32")
	c := newContainer(t)
	c.dir("var/run")
	for path, gid := range map[string]int{"var/run/docker.sock": 998, "run/docker.sock": 0} {
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Close(fd) })
		if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: c.path(path)}); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(c.path(path), 0, gid); err != nil {
			t.Fatal(err)
		}
		c.mount(path, path)
	}
	for card, gid := range map[string]int{"card0": 997, "renderD128": 0, "renderD129": 997} {
		c.dir("dev/dri")
		if err := syscall.Mknod(c.path("dev/dri/"+card), syscall.S_IFCHR|0o660, 1<<8|3); err != nil {
			t.Skipf("cannot make devices here: %v", err)
		}
		if err := os.Chown(c.path("dev/dri/"+card), 0, gid); err != nil {
			t.Fatal(err)
		}
	}
	out := c.run()
	c.expect(out, "[stage2] Added hermes to group hostrender (GID 997) for /dev/dri/card0\n",
		"[stage2] Added hermes to group hostdocker (GID 998) for /var/run/docker.sock\n",
		"[stage2] Added hermes to group root (GID 0) for /run/docker.sock\n")
	c.expect(c.read("etc/group"), "root:x:0:hermes\n", "hostdocker:x:998:hermes\n")
	if again := c.run(); again != "" {
		t.Errorf("second run: %q", again)
	}
}

// A link in the place of the socket could lead to a file of any group.
func TestALinkToASocketGivesNoGroup(t *testing.T) {
	clause.Proves(t, "SETUP-31")
	c := newContainer(t)
	c.dir("run")
	c.dir("srv")
	c.dir("var")
	c.link("../run", "var/run") // as in the image: a link of a directory on the way counts
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: c.path("srv/else.sock")}); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(c.path("srv/else.sock"), 0, 995); err != nil {
		t.Fatal(err)
	}
	c.link("../srv/else.sock", "run/docker.sock")
	if out := c.run(); strings.Contains(out, "Added hermes") {
		t.Errorf("a link lent a group:\n%s", out)
	}
	if err := os.Rename(c.path("srv/else.sock"), c.path("run/docker.sock")); err != nil {
		t.Fatal(err)
	}
	c.mount("run/docker.sock", "run/docker.sock")
	c.expect(c.run(), "[stage2] Added hermes to group hostdocker (GID 995) for /var/run/docker.sock\n")
}

func TestVariablesThatNeedRootAreNamed(t *testing.T) {
	clause.Proves(t, "RUN-04")
	if diff := cmp.Diff([]string{"HERMES_UID", "PUID"}, ignored(env.Environ{"HERMES_UID=5", "HERMES_GID=", "PUID=6"})); diff != "" {
		t.Error(diff)
	}
}
