//go:build docker

package recipes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/repo/pages"
)

// recommended is the run line of the page on security, as it stands there.
func recommended(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/operate/hardening.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range pages.Read(string(text)).Commands() {
		if strings.Contains(c.Text, "--security-opt no-new-privileges") {
			return c.Text
		}
	}
	t.Fatal("the page recommends no line")
	return ""
}

// What the guide's other pages do works with the recommended line, too.
func TestTheRecommendedRunLineWorks(t *testing.T) {
	u := newUser(t, "RUN-06", "RUN-07", "RUN-11")
	u.ok(recommended(t))
	u.gateway("hermes", ".hermes")
	u.healthy()
	if got := u.ok("docker exec hermes hermes container doctor"); !strings.Contains(got, "no problems found") {
		t.Errorf("doctor: %s", got)
	}
	if got := u.ok(`docker exec hermes sh -c 'grep -h NoNewPrivs /proc/[0-9]*/status | sort -u; grep -h CapBnd /proc/$(pgrep -x sleep)/status'`); got != "NoNewPrivs:\t1\nCapBnd:\t0000000000000000\n" {
		t.Errorf("want no_new_privs everywhere and no capability for hermes, got %s", got)
	}
	u.ok("docker exec hermes hermes profile create coder")
	u.ok("docker exec hermes hermes -p coder gateway start")
	u.gateway("hermes", ".hermes/profiles/coder")
	u.ok("docker exec -u hermes hermes sh -c 'mkdir -p ~/.local/bin && printf \"#!/bin/sh\\necho mine\\n\" >~/.local/bin/mine && chmod 755 ~/.local/bin/mine && mine'")
	if r := u.sh("docker exec -u hermes hermes touch /opt/hermes/x"); r.code == 0 {
		t.Error("hermes writes into the image")
	}
	u.ok("docker exec -u hermes hermes ping -c 1 -W 5 127.0.0.1")
	u.ok("docker restart hermes")
	u.gateway("hermes", ".hermes")
	u.gateway("hermes", ".hermes/profiles/coder")
	u.healthy()
	u.ok("docker stop hermes")
	if got := u.ok("docker inspect hermes --format '{{.State.ExitCode}} {{.State.OOMKilled}}'"); got != "0 false\n" {
		t.Errorf("want an orderly stop, got %s", got)
	}
}
