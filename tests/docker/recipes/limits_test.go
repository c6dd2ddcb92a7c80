//go:build docker

package recipes

import (
	"strconv"
	"strings"
	"testing"
)

// The guide's limits, then its minimum for as long as the contract asks.
func TestTheAgentRunsWithinTheLimits(t *testing.T) {
	u := newUser(t, "RCP-15")
	u.ok(`docker run -d \
  --name hermes \
  --restart unless-stopped \
  --memory=4g --cpus=2 \
  -v ~/.hermes:/opt/data \
  nousresearch/hermes-agent gateway run`)
	u.gateway("hermes", ".hermes")
	size, err := strconv.Atoi(strings.Fields(u.ok("docker exec hermes du -sm /opt/data"))[0])
	if err != nil || size >= 500 {
		t.Errorf("want a fresh volume below 500 MB, got %d MB (%v)", size, err)
	}
	u.ok("docker rm -f hermes")

	u.ok("docker run -d --name hermes --memory=1g --cpus=1 -v ~/.hermes:/opt/data nousresearch/hermes-agent gateway run")
	u.gateway("hermes", ".hermes")
	pid := u.ok("docker exec hermes /command/s6-svstat -o pid /run/service/gateway-default")
	u.until("60 s of the gateway under 1 GB and one core", "docker exec hermes /command/s6-svstat -o updownfor,pid /run/service/gateway-default", gatewayLimit,
		func(r result) bool {
			f := strings.Fields(r.stdout)
			if len(f) != 2 {
				return false
			}
			if f[1] != strings.TrimSpace(pid) {
				t.Fatalf("the gateway did not survive: pid %s, then %s", pid, f[1])
			}
			up, err := strconv.Atoi(f[0])
			return err == nil && up >= 60
		})
	if got := u.ok("docker inspect hermes --format '{{.State.OOMKilled}} {{.RestartCount}}'"); got != "false 0\n" {
		t.Errorf("want neither OOM kill nor restart, got %s", got)
	}
}

// The page is this container's own dashboard.
func TestTheBrowserRunsWithinTheLimits(t *testing.T) {
	docker.NeedsFull(t, "a browser")
	u := newUser(t, "RCP-15", "RCP-31")
	u.ok(`docker run -d \
  --name hermes \
  --shm-size=1g --memory=2g \
  -v ~/.hermes:/opt/data \
  -e HERMES_DASHBOARD=1 \
  nousresearch/hermes-agent gateway run`)
	u.untilOK("the dashboard's page", "docker exec hermes curl -fsS --max-time 3 http://127.0.0.1:9119/")
	u.gateway("hermes", ".hermes")
	const open = `/opt/hermes/.venv/bin/python -c "
from tools.browser_tool import browser_navigate, cleanup_browser
print(browser_navigate('http://127.0.0.1:9119/', task_id='recipe'))
cleanup_browser('recipe')"`
	r := u.sh("docker exec -u hermes hermes " + open)
	if r.code != 0 || !strings.Contains(r.stdout, `"success": true`) {
		t.Errorf("want the agent's browser tool to open a page, got %s", r)
	}
	if got := u.ok("docker inspect hermes --format {{.State.OOMKilled}}"); got != "false\n" {
		t.Error("want no OOM kill under 2 GB")
	}
}
