package setup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/held"
)

func TestOwnersInOtherMountsStayAsTheyAre(t *testing.T) {
	clause.Proves(t, "SETUP-40")
	c := newContainer(t)
	for host, at := range map[string]string{
		"host/projects": "opt/data/workspace/projects", "host/cron": "opt/data/cron", "host/platforms": "opt/data/platforms",
	} {
		c.file(host+"/pairing/secret", "x", 0o600)
		c.dir(at)
		c.mount(host, at)
	}
	c.own("host/cron", 10000)
	c.own("opt/data", 1000) // so that everything in the trees is given
	out := c.run()
	for _, line := range []string{
		"[stage2] Warning: /opt/data/workspace/projects is a mount of its own, of uid 0: owners in it stay as they are. If hermes is to have it: chown -R 10000:10000 ",
		"[stage2] /opt/data/cron is a mount of its own, of uid 10000: ",
		"[stage2] Warning: /opt/data/platforms is a mount of its own, of uid 0: ",
	} {
		if strings.Count(out, line) != 1 {
			t.Errorf("want once %q in\n%s", line, out)
		}
	}
	for _, host := range []string{"projects", "platforms"} {
		c.is("host/"+host, 0, 0o755)
	}
	for _, host := range []string{"projects", "cron", "platforms"} {
		c.is("host/"+host+"/pairing", 0, 0o755)
		c.is("host/"+host+"/pairing/secret", 0, 0o600)
	}
	c.is("opt/data/workspace", 10000, 0)
}

func TestFileThatIsMountedKeepsOwnerAndMode(t *testing.T) {
	clause.Proves(t, "SETUP-40", "SETUP-20")
	c := newContainer(t)
	for file, mode := range map[string]os.FileMode{".env": 0o644, "config.yaml": 0o600, "auth.json": 0o600, "SOUL.md": 0o600, "workspace/notes": 0o600} {
		c.file("host/"+file, "# kept", mode)
		c.file("opt/data/"+file, "", 0o600)
		c.own("opt/data/"+file, 10000)
		c.mount("host/"+file, "opt/data/"+file)
	}
	c.own("host/config.yaml", 10000)
	before := snapshot(t, c.path("host"))
	out := c.run()
	for path, text := range snapshot(t, c.path("host")) {
		if before[path] != text {
			t.Errorf("%s has changed", path)
		}
	}
	// Those that hermes cannot read are named: .env can be read, config.yaml is hermes' own.
	for file, want := range map[string]int{".env": 0, "config.yaml": 0, "SOUL.md": 1, "auth.json": 1, "workspace/notes": 1} {
		if n := strings.Count(out, "/opt/data/"+file+" is a mount of its own") + strings.Count(out, "hermes cannot read /opt/data/"+file); n != want {
			t.Errorf("%s is named %d times, want %d:\n%s", file, n, want, out)
		}
	}
}

func TestEmptyMountPointIsGivenToHermes(t *testing.T) {
	clause.Proves(t, "SETUP-40")
	c := newContainer(t)
	c.dir("host/empty")
	c.file("host/used/file", "x", 0o644)
	c.dir("host/users")
	c.own("host/users", 1000)
	c.dir("host/deep")
	for name, at := range map[string]string{"empty": "photos", "used": "music", "users": "films", "deep": "workspace/deep"} {
		c.dir("opt/data/" + at)
		c.mount("host/"+name, "opt/data/"+at)
	}
	c.run()
	c.is("host/empty", 10000, 0o755)
	c.is("host/used", 0, 0o755)
	c.is("host/users", 1000, 0o755)
	c.is("host/deep", 0, 0o755)
}

func TestHardLinksOfOthersAreLeftAlone(t *testing.T) {
	clause.Proves(t, "SETUP-40")
	c := newContainer(t)
	c.own("opt/data", 4000) // the home's present owner
	link := func(victim string, uid int, name string) {
		c.file(victim, "x", 0o600)
		c.own(victim, uid)
		c.dir("opt/data/workspace")
		if err := os.Link(c.path(victim), c.data(name)); err != nil {
			t.Fatal(err)
		}
	}
	link("etc/shadow", 0, "workspace/shadow\n\x1b[31m")
	link("srv/other", 1000, "workspace/other")
	link("srv/roots", 0, "auth.json")
	link("srv/former", 4000, "workspace/former")
	link("srv/image", 10000, "workspace/image")
	for i := range 20 {
		link(fmt.Sprintf("srv/many%d", i), 0, fmt.Sprintf("workspace/many%d", i))
	}
	out := c.run("HERMES_UID=5000")
	c.is("etc/shadow", 0, 0o600)
	c.is("srv/other", 1000, 0o600)
	c.is("srv/roots", 0, 0o600)
	c.is("srv/many7", 0, 0o600)
	c.is("srv/former", 5000, 0)
	c.is("srv/image", 5000, 0)
	if n := strings.Count(out, " has 2 hard links and belongs to uid "); n != maxLinked {
		t.Errorf("%d lines:\n%s", n, out)
	}
	c.expect(out, "[stage2] Warning: 18 more hard links are left alone\n")
	if strings.Contains(out, "\x1b") {
		t.Errorf("an escape sequence of a name is printed: %q", out)
	}
}

func TestDeviceInTheVolumeStaysRoots(t *testing.T) {
	clause.Proves(t, "SETUP-40")
	c := newContainer(t)
	c.dir("opt/data/cron")
	if err := syscall.Mknod(c.data("cron/null"), syscall.S_IFCHR|0o600, 1<<8|3); err != nil {
		t.Skipf("cannot make devices here: %v", err)
	}
	c.run()
	c.is("opt/data/cron/null", 0, 0o600)
}

// Hermes can make any number of directories, one in the other, and root has few descriptors.
func TestDeepTreesDoNotKeepTheBootFromItsEnd(t *testing.T) {
	clause.Proves(t, "SETUP-41")
	c := newContainer(t)
	for tree, levels := range map[string]int{"workspace": 8000, "skills": 3000, "scripts/whatsapp-bridge.new": 3000, "profiles": 3000} {
		c.dir("opt/data/" + tree)
		makeDeep(t, c.data(tree), levels)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	few := limit
	few.Cur = 128
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit), removeAll(c.root)); err != nil {
			t.Error(err)
		}
	})
	start := time.Now()
	out := c.run()
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
	if strings.Contains(out, "too many open files") || strings.Contains(out, "\x1b") || len(out) > 10000 {
		t.Errorf("said %.2000q", out)
	}
	c.is("opt/data/.env", 10000, 0o600)
}

func removeAll(root string) error {
	d, err := held.Open(filepath.Dir(root), held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.RemoveAll(filepath.Base(root))
}

// makeDeep makes a chain of directories of root's with names that a terminal must not see.
func makeDeep(t *testing.T, base string, levels int) {
	t.Helper()
	fd, err := unix.Open(base, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for range levels {
		if err := unix.Mkdirat(fd, "\x1b\n", 0o755); err != nil {
			t.Fatal(err)
		}
		next, err := unix.Openat(fd, "\x1b\n", unix.O_PATH|unix.O_DIRECTORY, 0)
		_ = unix.Close(fd)
		if err != nil {
			t.Fatal(err)
		}
		fd = next
	}
	_ = unix.Close(fd)
}

func TestLookingThroughTheVolumeEnds(t *testing.T) {
	clause.Proves(t, "SETUP-41")
	c := newContainer(t)
	for i := range 3000 {
		dir := fmt.Sprintf("opt/data/workspace/%d", i)
		c.dir(dir)
		c.own(dir, 10000)
	}
	c.file("opt/data/kanban/roots", "x", 0o644) // a tree that comes later
	c.own("opt/data/workspace", 10000)
	c.look = time.Nanosecond
	out := c.run()
	if n := strings.Count(out, "[stage2] Warning: the volume has more files than root looks at in 1ns"); n != 1 {
		t.Errorf("named %d times:\n%s", n, out)
	}
	c.is("opt/data/kanban/roots", 0, 0)
	c.is("opt/data/.env", 10000, 0)
}
