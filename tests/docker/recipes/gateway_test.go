//go:build docker

package recipes

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// runLine is the guide's way to run a gateway.
const runLine = `docker run -d \
  --name hermes \
  --restart unless-stopped \
  -v ~/.hermes:/opt/data \
  nousresearch/hermes-agent gateway run`

func TestTheGatewayRunsInTheBackground(t *testing.T) {
	u := newUser(t, "RCP-02", "RCP-05", "RCP-07", "RCP-32")
	u.ok("mkdir -p ~/.hermes")
	u.ok(`docker run -d \
  --name hermes \
  --restart unless-stopped \
  -v ~/.hermes:/opt/data \
  -p 8642:8642 \
  nousresearch/hermes-agent gateway run`)
	u.gateway("hermes", ".hermes")
	u.port("hermes", "8642")
	if got := u.ok("docker exec hermes /command/s6-svstat -o up,wantedup /run/service/gateway-default"); got != "true true\n" {
		t.Errorf("want a supervised gateway, got %q", got)
	}
	for _, name := range []string{".env", "config.yaml", "SOUL.md", "sessions/", "memories/", "skills/", "home/", "cron/", "hooks/", "logs/", "skins/"} {
		info, err := os.Stat(u.file(".hermes/" + name))
		if err != nil || info.IsDir() != strings.HasSuffix(name, "/") {
			t.Errorf("want %s in ~/.hermes, got %v", name, err)
		}
	}
	// A skill's own CLI, signed in by hand with the HOME that tools have.
	u.ok(`docker exec -e HOME=/opt/data/home hermes sh -c 'echo token >~/.xurl'`)
	if u.read(".hermes/home/.xurl") != "token\n" {
		t.Error("want ~/.xurl of the subprocess HOME in ~/.hermes/home")
	}

	u.until("its breadcrumb and the gateway's banner in docker logs", "docker logs --tail 50 hermes 2>&1", verbLimit,
		func(r result) bool {
			return strings.Contains(r.stdout, "⚕") && strings.Contains(r.stdout, "s6 supervision")
		})
	stats := u.terminal("docker stats hermes")
	stats.expect(`CPU %[\s\S]*hermes[\s\S]*GiB`, verbLimit)
	stats.send("\x03")
	stats.wait()

	inside := u.terminal("docker exec -it hermes /opt/hermes/.venv/bin/hermes version")
	inside.expect(`Hermes Agent v`, verbLimit)
	if code := inside.wait(); code != 0 {
		t.Errorf("want exit code 0 of the venv's hermes, got %d", code)
	}

	u.ok("docker stop hermes")
	if code := u.ok("docker inspect hermes --format {{.State.ExitCode}}"); code != "0\n" {
		t.Errorf("want docker stop to end within the engine's 10 s, with exit code 0, got %s", code)
	}
}

func TestSeveralProfilesRunInOneContainer(t *testing.T) {
	u := newUser(t, "RCP-17", "RCP-18", "RCP-19")
	u.ok("mkdir -p ~/.hermes")
	u.ok(runLine)
	u.gateway("hermes", ".hermes")
	const svstat = "docker exec hermes /command/s6-svstat /run/service/gateway-coder"
	slot := func(what, state string, limit time.Duration) string {
		t.Helper()
		return u.until(what, svstat, limit, func(r result) bool { return strings.HasPrefix(r.stdout, state) }).stdout
	}
	for _, name := range []string{"coder", "writer"} {
		u.ok("docker exec hermes hermes profile create " + name)
	}
	if got := u.ok(svstat); !strings.HasPrefix(got, "down") {
		t.Errorf("want the slot of a new profile there and down, got %q", got)
	}
	u.ok("docker exec hermes hermes -p coder gateway start")
	u.ok("docker exec hermes hermes -p writer gateway start")
	first := slot("started gateway", "up", verbLimit)
	u.ok("docker exec hermes hermes -p writer gateway stop")
	u.gateway("hermes", ".hermes/profiles/coder")
	u.ok("docker exec hermes hermes -p coder gateway restart")
	pid := regexp.MustCompile(`pid \d+`)
	u.until("restarted gateway with a pid of its own", svstat, verbLimit, func(r result) bool {
		return strings.HasPrefix(r.stdout, "up") && pid.FindString(r.stdout) != pid.FindString(first)
	})
	u.gateway("hermes", ".hermes/profiles/coder")
	status := u.ok("docker exec hermes hermes status")
	if !strings.Contains(status, "s6 (container supervisor)") {
		t.Errorf("want the manager of hermes status, got:\n%s", status)
	}

	u.ok("docker restart hermes")
	slot("gateway that ran before docker restart", "up", gatewayLimit)
	writer := u.ok("docker exec hermes /command/s6-svstat /run/service/gateway-writer")
	if !strings.HasPrefix(writer, "down") {
		t.Errorf("want the stopped gateway stopped after docker restart, got %q", writer)
	}
	u.gateway("hermes", ".hermes")
	for _, want := range []string{"profile=coder prior_state=running action=started", "profile=writer prior_state=stopped action=registered"} {
		if !strings.Contains(u.read(".hermes/logs/container-boot.log"), want) {
			t.Errorf("want %q in container-boot.log, got:\n%s", want, u.read(".hermes/logs/container-boot.log"))
		}
	}

	if r := u.sh("docker exec hermes hermes -p coder gateway stop"); r.code != 0 {
		t.Errorf("want a stop, got %s", r)
	}
	slot("stopped gateway", "down", verbLimit)
	r := u.sh("echo coder | docker exec -i hermes hermes profile delete coder")
	_, err := os.Stat(u.file(".hermes/profiles/coder"))
	if r.code != 0 || err == nil {
		t.Errorf("want a deleted profile, got %s", r)
	}
	u.until("removal of the slot", "docker exec hermes ls -d /run/service/gateway-coder", verbLimit, func(r result) bool { return r.code != 0 })
}

func TestTheAPIServerAnswersOnItsPort(t *testing.T) {
	u := newUser(t, "RCP-03")
	u.ok(`docker run -d \
  --name hermes \
  --restart unless-stopped \
  -v ~/.hermes:/opt/data \
  -p 8642:8642 \
  -e API_SERVER_ENABLED=true \
  -e API_SERVER_HOST=0.0.0.0 \
  -e API_SERVER_KEY="$(openssl rand -hex 32)" \
  -e API_SERVER_CORS_ORIGINS='*' \
  nousresearch/hermes-agent gateway run`)
	address := u.port("hermes", "8642")
	u.untilOK("answer of /health on the host", "curl -fsS --max-time 3 http://"+address+"/health")
	key := strings.TrimSpace(u.ok("docker exec hermes printenv API_SERVER_KEY"))
	for name, c := range map[string]struct {
		key  string
		code int
	}{"no key": {"", http.StatusUnauthorized}, "the key": {key, http.StatusOK}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/v1/models", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "http://else.where")
		if c.key != "" {
			req.Header.Set("Authorization", "Bearer "+c.key)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.code {
			t.Errorf("with %s: want %d, got %d", name, c.code, res.StatusCode)
		}
		if got := res.Header.Get("Access-Control-Allow-Origin"); c.key != "" && got != "*" {
			t.Errorf("want CORS for any origin, got %q", got)
		}
	}
}

func TestTheDashboardAnswersOnItsPort(t *testing.T) {
	u := newUser(t, "RCP-04")
	u.ok(`docker run -d \
  --name hermes \
  --restart unless-stopped \
  -v ~/.hermes:/opt/data \
  -p 8642:8642 \
  -e HERMES_DASHBOARD=1 \
  nousresearch/hermes-agent gateway run`)
	u.untilOK("the dashboard's page on the container's loopback",
		"docker exec hermes curl -fsS --max-time 3 http://127.0.0.1:9119/ | grep -i '<html'")
	if got := u.ok("docker exec hermes ss -ltnH 'sport = :9119'"); !strings.Contains(got, "127.0.0.1:9119") {
		t.Errorf("want the dashboard on loopback only, got %s", got)
	}
	u.until("output of the dashboard under its prefix", "docker logs hermes 2>&1", verbLimit,
		func(r result) bool { return strings.Contains(r.stdout, "[dashboard] ") })
	u.gateway("hermes", ".hermes")
}

// A volume as an earlier image left it, the run line over it, then the guide's
// upgrade by hand. All that was there before stays.
func TestAnUpgradeKeepsTheData(t *testing.T) {
	u := newUser(t, "RCP-19", "RCP-20", "RCP-30")
	kept := map[string]string{
		".hermes/SOUL.md":                "I am kept.\n",
		".hermes/.env":                   "OPENAI_API_KEY=kept\n",
		".hermes/sessions/one.json":      `{"kept": true}`,
		".hermes/memories/MEMORY.md":     "kept\n",
		".hermes/skills/mine/SKILL.md":   "---\nname: mine\ndescription: kept\n---\n",
		".hermes/profiles/coder/SOUL.md": "I am kept, too.\n",
		".hermes/profiles/idle/SOUL.md":  "So am I.\n",
		".hermes/home/.gitconfig":        "[user]\n\tname = kept\n",
	}
	for path, content := range kept {
		u.write(path, content)
	}
	state := func(s string) string {
		b, err := json.Marshal(map[string]any{"kind": "hermes-gateway", "pid": 77, "argv": []string{"hermes", "gateway", "run"}, "gateway_state": s})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	u.write(".hermes/profiles/coder/gateway_state.json", state("running"))
	u.write(".hermes/profiles/idle/gateway_state.json", state("stopped"))
	u.ok("chmod -R 755 ~/.hermes")
	u.ok(runLine)
	u.gateway("hermes", ".hermes")

	upgraded := u.pull()
	u.ok("docker stop hermes && docker rm hermes")
	u.ok(runLine)
	u.gateway("hermes", ".hermes")
	if got := u.ok("docker inspect hermes --format {{.Config.Image}}"); strings.TrimSpace(got) != upgraded {
		t.Errorf("want the pulled image, got %q", got)
	}
	u.until("gateway that the earlier image left running", "docker exec hermes /command/s6-svstat /run/service/gateway-coder", verbLimit,
		func(r result) bool { return strings.HasPrefix(r.stdout, "up") })
	if got := u.ok("docker exec hermes /command/s6-svstat /run/service/gateway-idle"); !strings.HasPrefix(got, "down") {
		t.Errorf("want the stopped one down, got %q", got)
	}
	for path, want := range kept {
		if got := u.read(path); !strings.HasPrefix(got, want) {
			t.Errorf("want %s kept as %q, got %q", path, want, got)
		}
	}
	// After the chmod, secrets are closed again.
	modes := u.ok("docker exec hermes stat -c '%U %a %n' /opt/data/.env /opt/data/config.yaml")
	if modes != "hermes 600 /opt/data/.env\nhermes 640 /opt/data/config.yaml\n" {
		t.Errorf("want hermes' own files with closed modes, got:\n%s", modes)
	}
	if matches, _ := filepath.Glob(u.file(".hermes/profiles/*/gateway_state.json")); len(matches) != 2 {
		t.Errorf("want both profiles' states kept, got %v", matches)
	}
}
