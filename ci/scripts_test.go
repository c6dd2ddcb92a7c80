package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// bench is a container as the scripts find it, with fakes of the programs that need a real
// one: each notes how it was called and does what the test says.
type bench struct {
	t    *testing.T
	root string
	env  []string
}

func newBench(t *testing.T, programs map[string]string) bench {
	t.Helper()
	b := bench{t: t, root: t.TempDir()}
	for name, does := range map[string]string{"mount": "", "umount": "", "docker": "", "dockerd": `[ "$1" = --help ] || exec sleep 60`, "go": "echo '3 passed, 0 failed, 0 skipped'"} {
		if other, ok := programs[name]; ok {
			does = other
		}
		b.write("bin/"+name, "#!/bin/sh\necho "+name+" \"$@\" >>"+b.path("calls")+"\n"+does+"\n")
	}
	b.write("calls", "")
	b.write("tmp/.keep", "")
	b.env = append(os.Environ(), "PATH="+b.path("bin")+":"+os.Getenv("PATH"), "TMPDIR="+b.path("tmp"), "CGROUPS="+b.path("cgroup"),
		"RESULTS="+b.path("results"), "IMAGE_ID=sha256:12", "HERMES_TEST_IMAGE=hermes-agent:slim")
	return b
}

func (b bench) path(name string) string { return filepath.Join(b.root, name) }

func (b bench) write(name, text string) {
	b.t.Helper()
	if err := os.MkdirAll(filepath.Dir(b.path(name)), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(b.path(name), []byte(text), 0o755); err != nil {
		b.t.Fatal(err)
	}
}

func (b bench) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// run runs a script of this folder in the root of the fake source.
func (b bench) run(script string, args ...string) (string, int) {
	b.t.Helper()
	script, err := filepath.Abs(script)
	if err != nil {
		b.t.Fatal(err)
	}
	c := exec.CommandContext(b.t.Context(), script, args...)
	c.Dir, c.Env = b.root, b.env
	out, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return string(out), 0
}

// The engine is reached on a socket of its container alone, where the tests look for it and
// hand it to containers; no port is open.
func TestTheEngineListensOnItsSocketAlone(t *testing.T) {
	b := newBench(t, map[string]string{"dockerd": `[ "$1" != --help ] || { echo "  --default-network-opt mapmap"; exit; }; exec sleep 60`})
	if out, code := b.run("test-docker.sh", "test:docker"); code != 0 || !strings.Contains(out, "3 passed") {
		t.Fatalf("exit code %d, %s", code, out)
	}
	calls := b.read("calls")
	started := regexp.MustCompile(`(?m)^dockerd --host=unix:///var/run/docker.sock --mtu=(\d+) --default-network-opt=bridge=com.docker.network.driver.mtu=(\d+)$`).FindStringSubmatch(calls)
	if started == nil || strings.Contains(calls, "tcp://") {
		t.Fatalf("dockerd is started otherwise:\n%s", calls)
	}
	if want := mtuOfTheWayOut(t); want != "" && (started[1] != want || started[2] != want) {
		t.Errorf("want the MTU %s of the way out, got %q", want, started[1:])
	}
	if !strings.Contains(calls, "docker load --quiet --input /image.tar\ndocker tag sha256:12 hermes-agent:slim\ngo tool mage test:docker\n") {
		t.Errorf("want the image loaded, named and tested, in this order:\n%s", calls)
	}
}

// A suite that fails hides nothing of the next, and fails all.
func TestEachSuiteOfAnImageRuns(t *testing.T) {
	b := newBench(t, map[string]string{"go": `echo '3 passed, 0 failed, 0 skipped'; [ "$3" != test:docker ] || exit 3`})
	out, code := b.run("test-docker.sh", "test:docker", "verify an-image -tier=smoke")
	if code != 3 || strings.Count(out, "3 passed") != 2 || !strings.Contains(b.read("calls"), "go tool mage test:docker\ngo tool mage verify an-image -tier=smoke\n") {
		t.Errorf("exit code %d, %s", code, out)
	}
}

// What the targets made leaves the engine only if all of them passed.
func TestWhatPassedIsSaved(t *testing.T) {
	for end, saved := range map[string]bool{"": true, "exit 3": false} {
		b := newBench(t, map[string]string{"go": "echo '3 passed, 0 failed, 0 skipped'; " + end})
		b.env = append(b.env, "SAVE_IMAGE=hermes-verify:dev", "SAVE_FILE=/verifier.tar")
		out, code := b.run("test-docker.sh", "build:verify", "test:verifier")
		if got := strings.Contains(b.read("calls"), "docker save --output /verifier.tar hermes-verify:dev\n"); got != saved || (code == 0) != saved {
			t.Errorf("%q: want it saved: %t, got exit code %d and\n%s", end, saved, code, out)
		}
	}
	b := newBench(t, map[string]string{"docker": `[ "$1" != save ] || { echo no space left on device; exit 1; }`})
	b.env = append(b.env, "SAVE_IMAGE=hermes-verify:dev", "SAVE_FILE=/verifier.tar")
	if out, code := b.run("test-docker.sh", "build:verify"); code != 125 || !strings.Contains(out, "docker-engine: cannot save hermes-verify:dev: no space left on device") {
		t.Errorf("exit code %d, %s", code, out)
	}
}

// mtuOfTheWayOut asks the kernel another way than the script; "" without a way out.
func mtuOfTheWayOut(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ip", "-o", "route", "show", "default").Output()
	m := regexp.MustCompile(`^default.* dev (\S+)`).FindSubmatch(out)
	if err != nil || m == nil {
		return ""
	}
	link, err := net.InterfaceByName(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(link.MTU)
}

// An older Docker cannot set the MTU of networks that tests make.
func TestAnOlderEngineStartsWithoutTheOption(t *testing.T) {
	b := newBench(t, nil)
	if out, code := b.run("test-docker.sh", "test:docker"); code != 0 {
		t.Fatalf("exit code %d, %s", code, out)
	}
	if calls := b.read("calls"); strings.Contains(calls, "default-network-opt") || !strings.Contains(calls, "--mtu=") {
		t.Errorf("got\n%s", calls)
	}
}

func TestWhatStopsTheContainerTestsIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		programs map[string]string
		want     string
		code     int
	}{
		"no right to mount":      {map[string]string{"mount": "exit 32"}, "docker-engine: cannot mount anything here: the Dagger engine gives this container no root capabilities", 125},
		"an engine that ends":    {map[string]string{"dockerd": "echo no space left on device; exit 1", "docker": "exit 1"}, "docker-engine: dockerd ended at its start: no space left on device", 125},
		"an archive that breaks": {map[string]string{"docker": `[ "$1" != load ] || { echo unexpected EOF; exit 1; }`}, "docker-engine: cannot load the image: unexpected EOF", 125},
		"another image":          {map[string]string{"docker": `[ "$1" != tag ]`}, "docker-engine: the archive does not hold sha256:12", 125},
		"a failed test":          {map[string]string{"go": "echo '1 passed, 1 failed, 0 skipped'; exit 1"}, "1 passed, 1 failed, 0 skipped", 1},
		"an engine that dies":    {map[string]string{"dockerd": "echo killed; exec sleep 0.2", "go": "sleep 0.5; echo '1 passed, 0 failed, 0 skipped'"}, "docker-engine: dockerd ended while the tests ran: killed", 125},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, code := newBench(t, c.programs).run("test-docker.sh", "test:docker")
			if code != c.code || !strings.Contains(out, c.want) {
				t.Errorf("want exit code %d and %q, got %d and\n%s", c.code, c.want, code, out)
			}
		})
	}
}

// Control groups of version 2 hand their controllers down once they hold no process.
func TestControlGroupsAreHandedDown(t *testing.T) {
	b := newBench(t, nil)
	b.write("cgroup/cgroup.controllers", "cpu memory pids\n")
	b.write("cgroup/cgroup.procs", "1\n")
	if out, code := b.run("test-docker.sh", "test:docker"); code != 0 {
		t.Fatalf("exit code %d, %s", code, out)
	}
	if got := b.read("cgroup/tests/cgroup.procs") + b.read("cgroup/cgroup.subtree_control"); got != "1\n+cpu\n+memory\n+pids\n" {
		t.Errorf("want the processes moved and three controllers on, got %q", got)
	}
}

// A gate leaves what it printed and proved, and nothing of the run before; its exit code comes
// through.
func TestAGateKeepsWhatItLeaves(t *testing.T) {
	b := newBench(t, map[string]string{"go": `echo says "$@"; mkdir -p .cache/results tests/docker/artifacts/TestX
echo '<testsuites/>' >.cache/results/docker.xml; echo seen >tests/docker/artifacts/TestX/log; exit 3`})
	b.write("results/test-docker-slim/evidence/old", "")
	b.write(".cache/results/other.xml", "of a run before")
	out, code := b.run("gate.sh", "test-docker-slim", "go", "tool", "mage")
	if code != 3 || out != "says tool mage\n" {
		t.Errorf("exit code %d, %s", code, out)
	}
	for name, want := range map[string]string{
		"log.txt": "says tool mage\n", "exit-code": "3\n", "docker.xml": "<testsuites/>\n", "evidence/TestX/log": "seen\n",
	} {
		if got := b.read("results/test-docker-slim/" + name); got != want {
			t.Errorf("%s: want %q, got %q", name, want, got)
		}
	}
	if started := b.read("results/test-docker-slim/started"); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$`).MatchString(started) {
		t.Errorf("started: %q", started)
	}
	for _, gone := range []string{"evidence/old", "other.xml"} {
		if _, err := os.Stat(b.path("results/test-docker-slim/" + gone)); !os.IsNotExist(err) {
			t.Errorf("%s of an earlier run is still there", gone)
		}
	}
}
