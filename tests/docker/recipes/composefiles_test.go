//go:build docker

package recipes

import (
	"strings"
	"testing"
)

func TestComposeStartsTwoProfiles(t *testing.T) {
	u := newUser(t, "RCP-09")
	u.compose("profiles")
	u.env = append(u.env, "API_SERVER_KEY=0123456789abcdef")
	u.ok("docker compose up -d")
	u.gateway("hermes-work", ".hermes-work")
	u.gateway("hermes-personal", ".hermes-personal")
	work, personal := u.port("hermes-work", "8642"), u.port("hermes-personal", "8642")
	if work == personal {
		t.Errorf("want a port each, got %s twice", work)
	}
	for _, address := range []string{work, personal} {
		u.untilOK("answer of the API on the host's port", "curl -fsS --max-time 3 http://"+address+"/health")
	}
}

func TestComposeStartsGatewayAndDashboard(t *testing.T) {
	u := newUser(t, "RCP-11", "RCP-20")
	u.compose("gateway")
	u.env = append(u.env, "API_SERVER_KEY=0123456789abcdef", "DASHBOARD_PASSWORD=correct horse")
	u.ok("docker compose up -d")
	u.gateway("hermes", ".hermes")
	u.untilOK("answer of the API on the host's port", "curl -fsS --max-time 3 http://"+u.port("hermes", "8642")+"/health")
	// Published with a password, the dashboard asks for it.
	u.until("sign-in of the dashboard on the host's port", "curl -sS --max-time 3 -o /dev/null -w '%{http_code}' http://"+u.port("hermes", "9119")+"/api/sessions",
		gatewayLimit, func(r result) bool { return r.stdout == "401" })
	logs := u.terminal("docker compose logs -f")
	logs.expect(`(?s)hermes  \| \[dashboard\] .*⚕|⚕.*hermes  \| \[dashboard\] `, verbLimit)
	logs.send("\x03")
	logs.wait()
	limits := u.ok("docker inspect hermes --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.RestartPolicy.Name}}'")
	if limits != "4294967296 2000000000 unless-stopped\n" {
		t.Errorf("want 4 GB and 2 cores, got %s", limits)
	}

	// The upgrade: a pull, and up -d makes the container anew on the same data.
	u.write(".hermes/memories/kept.md", "kept")
	before := u.ok("docker inspect hermes --format {{.Id}}")
	u.pull()
	u.ok("docker compose pull")
	u.ok("docker compose up -d")
	if after := u.ok("docker inspect hermes --format {{.Id}}"); after == before {
		t.Error("want a new container after the upgrade")
	}
	u.gateway("hermes", ".hermes")
	if u.read(".hermes/memories/kept.md") != "kept" {
		t.Error("want the data kept by the upgrade")
	}
}

func TestTwoContainersRunTwoProfiles(t *testing.T) {
	u := newUser(t, "RCP-08")
	u.ok(`
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
	u.gateway("hermes-work", ".hermes-work")
	u.gateway("hermes-personal", ".hermes-personal")
	const pid = "docker inspect hermes-personal --format '{{.State.Pid}} {{.State.StartedAt}}'"
	before, booted := u.ok(pid), strings.Count(u.read(".hermes-work/logs/container-boot.log"), "\n")
	u.ok("docker restart hermes-work")
	if after := u.ok(pid); after != before {
		t.Errorf("want hermes-personal untouched by the restart of the other, got %q, then %q", before, after)
	}
	u.until("second boot of hermes-work", "cat ~/.hermes-work/logs/container-boot.log", gatewayLimit,
		func(r result) bool { return strings.Count(r.stdout, "\n") > booted })
	u.gateway("hermes-work", ".hermes-work")
}
