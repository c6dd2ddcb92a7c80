//go:build docker

package recipes

import (
	"strings"
	"testing"
)

// contract: RCP-09
func TestComposeProfiles(t *testing.T) {
	w := newWorld(t, "RCP-09")
	w.compose("profiles")
	w.ok("docker compose up -d")
	w.gateway("hermes-work", ".hermes-work")
	w.gateway("hermes-personal", ".hermes-personal")
	if work, personal := w.port("hermes-work", "8642"), w.port("hermes-personal", "8642"); work == personal {
		t.Errorf("want a port each, got %s twice", work)
	}
}

// contract: RCP-11 RCP-20
func TestComposeGatewayAndDashboard(t *testing.T) {
	w := newWorld(t, "RCP-11", "RCP-20")
	w.compose("gateway")
	w.ok("docker compose up -d")
	w.gateway("hermes", ".hermes")
	w.untilOK("dashboard on the container's loopback", "docker exec hermes curl -fsS --max-time 3 http://127.0.0.1:9119/api/status")
	logs := w.terminal("docker compose logs -f")
	logs.expect(`(?s)hermes  \| \[dashboard\] .*⚕|⚕.*hermes  \| \[dashboard\] `, verbLimit)
	logs.send("\x03")
	logs.wait()
	limits := w.ok("docker inspect hermes --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.RestartPolicy.Name}}'")
	if limits != "4294967296 2000000000 unless-stopped\n" {
		t.Errorf("want 4 GB and 2 cores, got %s", limits)
	}

	// Published on purpose, with a provider, it asks for sign-in.
	w.edit("- HERMES_DASHBOARD=1", "- HERMES_DASHBOARD=1\n      - HERMES_DASHBOARD_HOST=0.0.0.0\n"+
		"      - HERMES_DASHBOARD_BASIC_AUTH_USERNAME=me\n      - HERMES_DASHBOARD_BASIC_AUTH_PASSWORD=correct horse")
	w.ok("docker compose up -d")
	address := w.port("hermes", "9119")
	w.until("sign-in page on the host's port", "curl -sS --max-time 3 -o /dev/null -w '%{http_code}' http://"+address+"/api/sessions", gatewayLimit,
		func(r result) bool { return r.stdout == "401" })

	// The upgrade: a pull, and up -d makes the container anew on the same data.
	w.write(".hermes/memories/kept.md", "kept")
	before, old := w.ok("docker inspect hermes --format {{.Id}}"), w.image
	w.pull()
	w.edit(old, w.image)
	w.ok("docker compose pull")
	w.ok("docker compose up -d")
	if after := w.ok("docker inspect hermes --format {{.Id}}"); after == before {
		t.Error("want a new container after the upgrade")
	}
	w.gateway("hermes", ".hermes")
	if w.read(".hermes/memories/kept.md") != "kept" {
		t.Error("want the data kept by the upgrade")
	}
}

// contract: RCP-08
func TestTwoProfiles(t *testing.T) {
	w := newWorld(t, "RCP-08")
	w.ok(`
# Work profile
docker run -d \
  --name hermes-work \
  --restart unless-stopped \
  -v ~/.hermes-work:/opt/data \
  -p 8642:8642 \
  nousresearch/hermes-agent gateway run

# Personal profile
docker run -d \
  --name hermes-personal \
  --restart unless-stopped \
  -v ~/.hermes-personal:/opt/data \
  -p 8643:8642 \
  nousresearch/hermes-agent gateway run`)
	w.gateway("hermes-work", ".hermes-work")
	w.gateway("hermes-personal", ".hermes-personal")
	const pid = "docker inspect hermes-personal --format '{{.State.Pid}} {{.State.StartedAt}}'"
	before, booted := w.ok(pid), strings.Count(w.read(".hermes-work/logs/container-boot.log"), "\n")
	w.ok("docker restart hermes-work")
	if after := w.ok(pid); after != before {
		t.Errorf("want hermes-personal untouched by the restart of the other, got %q, then %q", before, after)
	}
	w.until("second boot of hermes-work", "cat ~/.hermes-work/logs/container-boot.log", gatewayLimit,
		func(r result) bool { return strings.Count(r.stdout, "\n") > booted })
	w.gateway("hermes-work", ".hermes-work")
}
