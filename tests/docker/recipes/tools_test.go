//go:build docker

package recipes

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestHermesCanUseTheDockerSocket(t *testing.T) {
	const socket = "/var/run/docker.sock"
	if info, err := os.Stat(socket); err != nil || info.Mode()&os.ModeSocket == 0 {
		t.Skip("this host's engine does not listen on " + socket)
	}
	u := newUser(t, "RCP-16")
	u.ok(`docker run -d --name hermes -v "$HOME/.hermes:$HOME/.hermes" -e HERMES_HOME="$HOME/.hermes" -v /var/run/docker.sock:/var/run/docker.sock nousresearch/hermes-agent sleep infinity`)
	u.healthy()
	u.ok("docker exec hermes hermes container doctor")
	name := u.name("hermes")
	tag := strings.ToLower(u.id) + "-built"
	for _, command := range []string{
		"docker ps",
		"docker inspect " + name,
		"docker run --rm --entrypoint true --label " + dockerLabel + docker.Run() + " " + u.image,
		"echo FROM " + u.image + " | docker build -q -t " + tag + " --label " + dockerLabel + docker.Run() + " -",
	} {
		r := u.sh("docker exec -u hermes hermes sh -c '" + command + "'")
		if r.code != 0 {
			t.Errorf("want hermes to run %q, got %s", command, r)
		}
	}
}

func TestNpxAndUvxRunPrograms(t *testing.T) {
	u := newUser(t, "RCP-21")
	u.ok("docker run -d --name hermes -v ~/.hermes:/opt/data " + u.bundle() + " nousresearch/hermes-agent sleep infinity")
	u.healthy()
	for name, c := range map[string]struct{ run, says string }{
		"npx": {"npx --yes cowsay@1.6.0 moo", "moo"},
		"uvx": {"uvx pycowsay@0.0.0.2 moo", "moo"},
	} {
		u.ok("docker exec -u hermes hermes sh -c 'mkdir -p /opt/data/" + name + " && echo kept >/opt/data/" + name + "/config.yaml'")
		r := u.sh("docker exec -u hermes hermes " + c.run)
		if r.code != 0 || !strings.Contains(r.stdout, c.says) {
			t.Errorf("want %s to fetch and run a tool, got %s", name, r)
		}
	}
	u.ok("docker rm -f hermes")
	for _, name := range []string{"npx", "uvx"} {
		if u.read(".hermes/"+name+"/config.yaml") != "kept\n" {
			t.Errorf("want the configuration in /opt/data/%s kept", name)
		}
	}
}

// bundle returns the flags that give a container the certificates of the host, where the host has set its
// own: then a proxy that containers meet, too, may sign for the registries.
func (u *user) bundle() string {
	path := os.Getenv("SSL_CERT_FILE")
	if path == "" {
		return ""
	}
	const inside = "/etc/ssl/certs/ca-certificates.crt"
	return fmt.Sprintf("-v %s:%s:ro -e SSL_CERT_FILE=%s -e NODE_EXTRA_CA_CERTS=%s", path, inside, inside, inside)
}

func TestADerivedImageWorks(t *testing.T) {
	u := newUser(t, "RCP-22")
	u.put("derived/Dockerfile")
	u.ok("docker build --build-arg IMAGE -t my-hermes:latest .")
	u.ok("mkdir -p ~/.hermes && { [ \"$(id -u)\" != 0 ] || chown 10000:10000 ~/.hermes; }")
	u.ok(`docker run -d \
  --name hermes \
  --restart unless-stopped \
  -v ~/.hermes:/opt/data \
  -p 8642:8642 \
  my-hermes:latest gateway run`)
	u.gateway("hermes", ".hermes")
	if got := u.ok("docker exec hermes jq -n 1+1"); got != "2\n" {
		t.Errorf("want the installed tool to run, got %q", got)
	}
}
