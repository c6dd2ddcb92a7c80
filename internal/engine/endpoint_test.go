package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEndpoints(t *testing.T) {
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
		fail bool
	}{
		"nothing named":                  {nil, []Endpoint{socket}, false},
		"a rootless engine may be there": {map[string]string{"XDG_RUNTIME_DIR": "/run/user/1"}, []Endpoint{socket, {Host: "unix:///run/user/1/docker.sock", Source: "rootless socket"}}, false},
		"DOCKER_HOST alone":              {map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_CONTEXT": "remote"}, []Endpoint{{Host: "tcp://h:1", Source: "DOCKER_HOST"}}, false},
		"DOCKER_HOST with TLS":           {map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/c"}, []Endpoint{{Host: "tcp://h:1", Source: "DOCKER_HOST", TLSDir: "/c"}}, false},
		"a named context":                {map[string]string{"DOCKER_CONTEXT": "remote"}, []Endpoint{context}, false},
		"the default context":            {map[string]string{"DOCKER_CONTEXT": "default"}, []Endpoint{socket}, false},
		"a context that is not there":    {map[string]string{"DOCKER_CONFIG": chosen}, []Endpoint{{}}, true},
		"a broken configuration":         {map[string]string{"DOCKER_CONFIG": broken}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Endpoints(func(key string) string {
				if v, ok := c.env[key]; ok {
					return v
				}
				return map[string]string{"HOME": home}[key]
			})
			if (err != nil) != c.fail {
				t.Fatalf("error: want %t, got %v", c.fail, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" && !c.fail {
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
