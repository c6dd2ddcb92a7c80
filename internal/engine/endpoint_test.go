package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnEngineIsLookedForWhereDockersClientLooks(t *testing.T) {
	home := t.TempDir()

	meta := filepath.Join(home, ".docker", "contexts", "meta")
	id := contextID("remote")
	write(t, filepath.Join(meta, id, "meta.json"), `{"Name":"remote","Endpoints":{"docker":{"Host":"tcp://build:2376"}}}`)
	write(t, filepath.Join(home, ".docker", "contexts", "tls", id, "docker", "ca.pem"), "")
	chosen := t.TempDir()
	write(t, filepath.Join(chosen, "config.json"), `{"currentContext":"gone"}`)
	broken := t.TempDir()
	write(t, filepath.Join(broken, "config.json"), `{`)

	socket := Endpoint{Host: DefaultHost, Source: "default socket"}
	context := Endpoint{Host: "tcp://build:2376", Source: `context "remote"`, TLSDir: filepath.Join(home, ".docker", "contexts", "tls", id, "docker")}
	for name, c := range map[string]struct {
		env  map[string]string
		want []Endpoint
		fail string
	}{
		"nothing named":                  {nil, []Endpoint{socket}, ""},
		"a rootless engine may be there": {map[string]string{"XDG_RUNTIME_DIR": "/run/user/1"}, []Endpoint{socket, {Host: "unix:///run/user/1/docker.sock", Source: "rootless socket"}}, ""},
		"DOCKER_HOST alone":              {map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_CONTEXT": "remote"}, []Endpoint{{Host: "tcp://h:1", Source: "DOCKER_HOST"}}, ""},
		"DOCKER_HOST with TLS":           {map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/c"}, []Endpoint{{Host: "tcp://h:1", Source: "DOCKER_HOST", TLSDir: "/c"}}, ""},
		"a named context":                {map[string]string{"DOCKER_CONTEXT": "remote"}, []Endpoint{context}, ""},
		"the default context":            {map[string]string{"DOCKER_CONTEXT": "default"}, []Endpoint{socket}, ""},
		"a context that is not there":    {map[string]string{"DOCKER_CONFIG": chosen}, nil, `cannot use docker context "gone": there is no such context; list them with "docker context ls"`},
		"a broken configuration":         {map[string]string{"DOCKER_CONFIG": broken}, nil, "cannot parse "},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Endpoints(func(key string) string {
				if v, ok := c.env[key]; ok {
					return v
				}
				return map[string]string{"HOME": home}[key]
			})
			if c.fail != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.fail) {
					t.Errorf("error: want %q, got %v", c.fail, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
