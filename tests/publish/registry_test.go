//go:build docker

package publish

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"caduceus/tests/docker/harness"
)

// The user of testdata/htpasswd.
const (
	user     = "publisher"
	password = "correct-horse-7431"
)

// registryConfig is docker-registry's own; redirects of uploads stay relative.
const registryConfig = `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: %q}}
http: {addr: %q, relativeurls: true}
auth: {htpasswd: {realm: test, path: %q}}
`

// registry is a docker-registry that can be killed and started again on its port.
type registry struct {
	address string
	config  string
	log     *os.File
	process *exec.Cmd
}

func startRegistry(t *testing.T) *registry {
	t.Helper()
	if _, err := exec.LookPath("docker-registry"); err != nil {
		t.Fatal(`cannot start a registry: no program docker-registry; run "apt-get install -y --no-install-recommends docker-registry"`)
	}
	dir := t.TempDir()
	htpasswd, err := filepath.Abs("testdata/htpasswd")
	if err != nil {
		t.Fatal(err)
	}
	r := &registry{address: freeAddress(t), config: filepath.Join(dir, "config.yml")}
	text := fmt.Sprintf(registryConfig, r.data(), r.address, htpasswd)
	if err := os.WriteFile(r.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if r.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	r.start(t)
	t.Cleanup(func() {
		r.kill()
		if text, err := os.ReadFile(r.log.Name()); t.Failed() && err == nil {
			t.Logf("the registry's log:\n%s", text)
		}
		_ = r.log.Close()
	})
	return r
}

// freeAddress is one that nobody listens at: of loopback, or of HERMES_TEST_ADDRESS where
// the engine runs in another network and takes plain HTTP from there.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(cmp.Or(os.Getenv("HERMES_TEST_ADDRESS"), "127.0.0.1"), "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nobody has connected
	return l.Addr().String()
}

// start runs the registry and waits until it asks for a password.
func (r *registry) start(t *testing.T) {
	t.Helper()
	r.process = exec.Command("docker-registry", "serve", r.config)
	r.process.Stdout, r.process.Stderr = r.log, r.log
	if err := r.process.Start(); err != nil {
		t.Fatal(err)
	}
	err := harness.Poll(t.Context(), "the registry", 20*time.Second, func(ctx context.Context) (string, bool, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.address+"/v2/", http.NoBody)
		if err != nil {
			return "", false, err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err.Error(), false, nil
		}
		defer res.Body.Close() //nolint:errcheck // nothing is read
		return res.Status, res.StatusCode == http.StatusUnauthorized, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// data is the folder of all that the registry keeps.
func (r *registry) data() string { return filepath.Join(filepath.Dir(r.config), "data") }

// kill ends the registry as a power cut would.
func (r *registry) kill() {
	_ = r.process.Process.Kill() // it may have been killed before
	_ = r.process.Wait()
}
