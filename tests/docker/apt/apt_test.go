//go:build docker

package apt

import (
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"caduceus/internal/clause"
	"caduceus/tests/docker/harness"
)

const hermes = "hermes"

func TestHermesMayInstallNothingByDefault(t *testing.T) {
	clause.Proves(t, "REC-01")
	f := newFixture(t, "TOOL-14")
	c := f.start("", harness.Spec{})
	for _, script := range []string{
		"apt-get update", "apt-get install -y jq", "apt install jq", "bash -lc 'apt-get install -y jq'",
		"echo jq >/opt/data/.apt-packages; hermes container apt-restore 2>&1 | tail -1 >&2; exit 100",
	} {
		res := c.as(hermes, script)
		ok := res.Code == 100 && res.Stdout == "" && strings.Count(res.Stderr, "\n") == 1
		for _, word := range []string{"HERMES_ALLOW_APT", "docker exec -u 0", "derived image"} {
			ok = ok && strings.Contains(res.Stderr, word)
		}
		if !ok {
			t.Errorf("%s: want exit code 100 and one line that names the ways to install, got %s", script, res)
		}
	}
	c.wants(hermes, "apt-get --version && apt-cache --version", 0, "apt 3")
	c.wants(hermes, "/command/s6-svstat /run/service/apt-helper", 0, "down (not started yet)")
	c.wants(hermes, "pgrep -f '[a]pt-helper'", 1)
	c.wants("0", "! find /opt/hermes /command /init /run /etc -xdev -perm /6000 -type f | grep .", 0)
	// Only root may start it, and then it ends at once.
	c.wants(hermes, "/command/s6-svc -u /run/service/apt-helper", 111)
	c.wants("0", "/command/s6-svc -u /run/service/apt-helper && /command/s6-svwait -D -t 10000 /run/service/apt-helper && sleep 2 && /command/s6-svstat /run/service/apt-helper", 0, "down (exitcode 78)")
}

func TestContainersWithLittleMemoryBoot(t *testing.T) {
	f := newFixture(t, "TOOL-14", "AGT-09")
	for _, allow := range []string{"", "1"} {
		pids := int64(32)
		c, err := f.Subject.Start(f.Ctx, harness.Spec{
			Cmd: []string{"sleep", "0"}, Env: map[string]string{"HERMES_ALLOW_APT": allow},
			Host: func(h *container.HostConfig) {
				h.NanoCPUs, h.Memory, h.PidsLimit = 500_000_000, 64<<20, &pids
			},
		})
		f.Must(err)
		ended, err := c.Wait(f.Ctx, bootLimit)
		if err != nil || ended.Code != 0 {
			all, _ := c.AllLogs(f.Ctx)
			t.Errorf("HERMES_ALLOW_APT=%q: want exit code 0, got %v, %v\n%s", allow, ended, err, all)
		}
	}
}

func TestInstallingNeedsAContainerStartedAsRoot(t *testing.T) {
	clause.Proves(t, "RUN-04")
	f := newFixture(t, "TOOL-14")
	c, err := f.Subject.Start(f.Ctx, harness.Spec{
		User: "10000:10000", Cmd: []string{"sh", "-c", "apt-get install -y jq"}, Env: map[string]string{"HERMES_ALLOW_APT": "1"},
	})
	f.Must(err)
	ended, err := c.Wait(f.Ctx, bootLimit)
	f.Must(err)
	all, err := c.AllLogs(f.Ctx)
	f.Must(err)
	for _, line := range []string{
		"[apt] HERMES_ALLOW_APT has no effect in a container that was not started as root\n",
		"apt-get: the helper that installs packages does not run; it needs a container started as root",
	} {
		if ended.Code != 100 || !strings.Contains(all, line) {
			t.Errorf("want exit code 100 and %q, got %d and\n%s", line, ended.Code, all)
		}
	}
}

func TestPackagesComeBack(t *testing.T) {
	f := newFixture(t, "TOOL-12", "TOOL-14", "TOOL-15")
	volume, err := f.Subject.Volume(f.Ctx)
	f.Must(err)
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}}

	t.Log("hermes installs")
	first := f.start(" Yes ", spec)
	first.wants(hermes, "jq --version", 127)
	first.wants(hermes, "apt-get update && apt-get install -y jq", 0, "Setting up jq")
	first.wants(hermes, "jq --version && cat /opt/data/.apt-packages", 0, "jq-1", "jq\n")
	first.wants(hermes, "stat -c '%U:%G %a' /opt/data/.apt-packages; ls -A /opt/data | grep apt-packages", 0, "hermes:hermes 644\n.apt-packages\n")
	refusesSpecialNames(first)
	ignoresALinkedList(first)
	f.Must(first.Remove(f.Ctx))

	t.Log("a new container installs it again by itself, beside the boot")
	second := f.start("true", spec)
	begin := time.Now()
	_, err = second.WaitSh(f.Ctx, "package in a new container", "jq --version", installLimit)
	f.Must(err)
	t.Logf("restored %v after the boot", time.Since(begin).Round(time.Millisecond))
	f.Must(second.WaitLog(f.Ctx, "[apt] restored", bootLimit))
	f.Must(second.Restart(f.Ctx))
	f.Must(second.WaitLog(f.Ctx, "listed, none is missing", bootLimit))
	f.Must(second.Remove(f.Ctx))

	t.Log("without the variable, root does it")
	third := f.start("", spec)
	third.wants("0", "hermes container apt-restore", 0, "restored")
	third.wants(hermes, "jq --version && hermes container apt-restore", 0, "none is missing")
	third.wants("0", "apt-get install -y --no-install-recommends tree", 0, "Setting up tree")
	third.wants("0", "cd / && tree -L 1 /opt", 0, "hermes")
}

// refusesSpecialNames tries names that mean more to apt than a package.
func refusesSpecialNames(c idle) {
	c.Helper()
	c.wants(hermes, "apt-get install -y li.jq", 100, "Unable to locate package li.jq")
	c.wants(hermes, "apt-get install -y a.", 100, "Unable to locate package a.")
	c.wants(hermes, "apt-get install -y jq+", 100, `cannot install "jq+": no such package`)
	c.wants(hermes, "apt-get install -y coreutils-", 100, "not the plain name of a package")
	c.wants(hermes, "test -x /usr/bin/ls && grep -c . /opt/data/.apt-packages", 0, "1\n")
	// A file of that name, where the client is and where apt-get is.
	c.wants("0", "echo hostile >/nosuch.deb; chmod 666 /nosuch.deb", 0)
	c.wants(hermes, "cd /tmp && echo hostile >nosuch.deb && apt-get install -y nosuch.deb", 100, "Unable to locate package nosuch.deb")
	c.wants(hermes, "cd /tmp && echo hostile >jq && apt-get install -y jq", 0, "already the newest")
	// Nothing of the client's environment or configuration gets there.
	c.wants(hermes, `cd /tmp && echo 'Dpkg::Pre-Invoke {"touch /tmp/hostile"}; APT::Update::Pre-Invoke {"touch /tmp/hostile"};' >evil.conf &&
APT_CONFIG=/tmp/evil.conf LD_PRELOAD=/tmp/none.so HOME=/tmp apt-get install -y jq; test ! -e /tmp/hostile`, 0)
}

// ignoresALinkedList puts a link to elsewhere in the place of the list of packages.
func ignoresALinkedList(c idle) {
	c.Helper()
	c.wants(hermes, "cd /opt/data && mv .apt-packages kept && ln -s /etc/passwd .apt-packages", 0)
	c.wants("0", "md5sum /etc/passwd >/root/before", 0)
	c.wants(hermes, "apt-get install -y jq", 0, "gone with this container", "a symbolic link")
	c.wants(hermes, "hermes container apt-restore", 1, "a symbolic link")
	c.wants("0", "md5sum -c /root/before && test -L /opt/data/.apt-packages", 0)
	c.wants(hermes, "cd /opt/data && mv kept .apt-packages && printf '%s\n' '-o' ./x.deb 'jq=1' >>.apt-packages", 0)
	c.wants(hermes, "hermes container apt-restore", 0, `ignoring "-o"`, `ignoring "./x.deb"`, "1 packages listed, none is missing")
}

// Root may be the first to use npm and uv in a container.
func TestRootAndHermesHaveCachesOfTheirOwn(t *testing.T) {
	f := newFixture(t, "TOOL-16")
	c := f.start("", harness.Spec{})
	for _, user := range []string{"0", hermes} {
		c.wants(user, "npm cache verify && npx --version && uv cache prune && uv venv -q --offline /tmp/venv-$(id -u)", 0)
	}
	c.wants("0", "ls -d /root/.npm/_cacache /root/.cache/uv", 0)
	c.wants(hermes, "stat -c %U /tmp/hermes-cache /tmp/hermes-cache/npm/_cacache /tmp/hermes-cache/uv", 0, "hermes\nhermes\nhermes\n")
	c.wants(hermes, "ls -d /opt/data/.npm /opt/data/.cache/uv", 2)
}
