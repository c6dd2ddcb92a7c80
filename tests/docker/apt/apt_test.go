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

func TestWithoutTheVariable(t *testing.T) {
	clause.Proves(t, "REC-01")
	w := newWorld(t, "TOOL-14")
	b := w.start("", harness.Spec{})
	for _, script := range []string{
		"apt-get update", "apt-get install -y jq", "apt install jq", "bash -lc 'apt-get install -y jq'",
		"echo jq >/opt/data/.apt-packages; hermes container apt-restore 2>&1 | tail -1 >&2; exit 100",
	} {
		res := b.as(hermes, script)
		ok := res.Code == 100 && res.Stdout == "" && strings.Count(res.Stderr, "\n") == 1
		for _, word := range []string{"HERMES_ALLOW_APT", "docker exec -u 0", "derived image"} {
			ok = ok && strings.Contains(res.Stderr, word)
		}
		if !ok {
			t.Errorf("%s: want one line, got %s", script, res)
		}
	}
	b.wants(hermes, "apt-get --version && apt-cache --version", 0, "apt 3")
	b.wants(hermes, "/command/s6-svstat /run/service/apt-helper", 0, "down (not started yet)")
	b.wants(hermes, "pgrep -f '[a]pt-helper'", 1)
	b.wants("0", "! find /opt/hermes /command /init /run /etc -xdev -perm /6000 -type f | grep .", 0)
	// It is nobody's to start but root's, and then it ends at once.
	b.wants(hermes, "/command/s6-svc -u /run/service/apt-helper", 111)
	b.wants("0", "/command/s6-svc -u /run/service/apt-helper && /command/s6-svwait -D -t 10000 /run/service/apt-helper && sleep 2 && /command/s6-svstat /run/service/apt-helper", 0, "down (exitcode 78)")
}

// contract: TOOL-14, AGT-09
func TestBootsInALittleRoom(t *testing.T) {
	w := newWorld(t, "TOOL-14", "AGT-09")
	for _, allow := range []string{"", "1"} {
		pids := int64(32)
		c, err := w.subject.Start(w.ctx, harness.Spec{
			Cmd: []string{"sleep", "0"}, Env: map[string]string{"HERMES_ALLOW_APT": allow},
			Host: func(h *container.HostConfig) {
				h.NanoCPUs, h.Memory, h.PidsLimit = 500_000_000, 64<<20, &pids
			},
		})
		w.must(err)
		ended, err := c.Wait(w.ctx, bootLimit)
		if err != nil || ended.Code != 0 {
			all, _ := c.AllLogs(w.ctx)
			t.Errorf("allow %q: %v, %v\n%s", allow, ended, err, all)
		}
	}
}

func TestNeedsAContainerOfRoot(t *testing.T) {
	clause.Proves(t, "RUN-04")
	w := newWorld(t, "TOOL-14")
	c, err := w.subject.Start(w.ctx, harness.Spec{
		User: "10000:10000", Cmd: []string{"sh", "-c", "apt-get install -y jq"}, Env: map[string]string{"HERMES_ALLOW_APT": "1"},
	})
	w.must(err)
	ended, err := c.Wait(w.ctx, bootLimit)
	w.must(err)
	all, err := c.AllLogs(w.ctx)
	w.must(err)
	for _, line := range []string{
		"[apt] HERMES_ALLOW_APT has no effect in a container that was not started as root\n",
		"apt-get: the helper that installs packages does not run; it needs a container started as root",
	} {
		if ended.Code != 100 || !strings.Contains(all, line) {
			t.Errorf("code %d, want %q in\n%s", ended.Code, line, all)
		}
	}
}

// contract: TOOL-12, TOOL-14, TOOL-15
func TestPackagesComeBack(t *testing.T) {
	w := newWorld(t, "TOOL-12", "TOOL-14", "TOOL-15")
	volume, err := w.subject.Volume(w.ctx)
	w.must(err)
	spec := harness.Spec{Volumes: []harness.Volume{{Name: volume}}}

	t.Log("hermes installs")
	first := w.start(" Yes ", spec)
	first.wants(hermes, "jq --version", 127)
	first.wants(hermes, "apt-get update && apt-get install -y jq", 0, "Setting up jq")
	first.wants(hermes, "jq --version && cat /opt/data/.apt-packages", 0, "jq-1", "jq\n")
	first.wants(hermes, "stat -c '%U:%G %a' /opt/data/.apt-packages; ls -A /opt/data | grep apt-packages", 0, "hermes:hermes 644\n.apt-packages\n")
	meaningful(first)
	linked(first)
	w.must(first.Remove(w.ctx))

	t.Log("a new container installs it again by itself, beside the boot")
	second := w.start("true", spec)
	begin := time.Now()
	_, err = second.WaitSh(w.ctx, "package in a new container", "jq --version", installLimit)
	w.must(err)
	t.Logf("restored %v after the boot", time.Since(begin).Round(time.Millisecond))
	w.must(second.WaitLog(w.ctx, "[apt] restored", bootLimit))
	w.must(second.Restart(w.ctx))
	w.must(second.WaitLog(w.ctx, "listed, none is missing", bootLimit))
	w.must(second.Remove(w.ctx))

	t.Log("without the variable, root does it")
	third := w.start("", spec)
	third.wants("0", "hermes container apt-restore", 0, "restored")
	third.wants(hermes, "jq --version && hermes container apt-restore", 0, "none is missing")
	third.wants("0", "apt-get install -y --no-install-recommends tree", 0, "Setting up tree")
	third.wants("0", "cd / && tree -L 1 /opt", 0, "hermes")
}

// meaningful names have a meaning for apt, or once had one.
func meaningful(b box) {
	b.Helper()
	b.wants(hermes, "apt-get install -y li.jq", 100, "Unable to locate package li.jq")
	b.wants(hermes, "apt-get install -y a.", 100, "Unable to locate package a.")
	b.wants(hermes, "apt-get install -y jq+", 100, `cannot install "jq+": no such package`)
	b.wants(hermes, "apt-get install -y coreutils-", 100, "not the plain name of a package")
	b.wants(hermes, "test -x /usr/bin/ls && grep -c . /opt/data/.apt-packages", 0, "1\n")
	// A file of that name, where the client is and where apt-get is.
	b.wants("0", "echo hostile >/nosuch.deb; chmod 666 /nosuch.deb", 0)
	b.wants(hermes, "cd /tmp && echo hostile >nosuch.deb && apt-get install -y nosuch.deb", 100, "Unable to locate package nosuch.deb")
	b.wants(hermes, "cd /tmp && echo hostile >jq && apt-get install -y jq", 0, "already the newest")
	// Nothing of the client's environment or configuration gets there.
	b.wants(hermes, `cd /tmp && echo 'Dpkg::Pre-Invoke {"touch /tmp/hostile"}; APT::Update::Pre-Invoke {"touch /tmp/hostile"};' >evil.conf &&
APT_CONFIG=/tmp/evil.conf LD_PRELOAD=/tmp/none.so HOME=/tmp apt-get install -y jq; test ! -e /tmp/hostile`, 0)
}

// linked is a list that leads elsewhere.
func linked(b box) {
	b.Helper()
	b.wants(hermes, "cd /opt/data && mv .apt-packages kept && ln -s /etc/passwd .apt-packages", 0)
	b.wants("0", "md5sum /etc/passwd >/root/before", 0)
	b.wants(hermes, "apt-get install -y jq", 0, "gone with this container", "is a symbolic link")
	b.wants(hermes, "hermes container apt-restore", 1, "is a symbolic link")
	b.wants("0", "md5sum -c /root/before && test -L /opt/data/.apt-packages", 0)
	b.wants(hermes, "cd /opt/data && mv kept .apt-packages && printf '%s\n' '-o' ./x.deb 'jq=1' >>.apt-packages", 0)
	b.wants(hermes, "hermes container apt-restore", 0, `ignoring "-o"`, `ignoring "./x.deb"`, "1 packages listed, none is missing")
}

// Root may be the first to use npm and uv in a container.
//
// contract: TOOL-16
func TestCachesOfRootAreNoneOfHermes(t *testing.T) {
	w := newWorld(t, "TOOL-16")
	b := w.start("", harness.Spec{})
	for _, user := range []string{"0", hermes} {
		b.wants(user, "npm cache verify && npx --version && uv cache prune && uv venv -q --offline /tmp/venv-$(id -u)", 0)
	}
	b.wants("0", "ls -d /root/.npm/_cacache /root/.cache/uv", 0)
	b.wants(hermes, "stat -c %U /tmp/hermes-cache /tmp/hermes-cache/npm/_cacache /tmp/hermes-cache/uv", 0, "hermes\nhermes\nhermes\n")
	b.wants(hermes, "ls -d /opt/data/.npm /opt/data/.cache/uv", 2)
}
