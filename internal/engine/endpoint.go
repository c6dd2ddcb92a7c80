package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"caduceus/internal/host"
)

// DefaultHost is where an engine of the distribution listens.
const DefaultHost = "unix:///var/run/docker.sock"

// Endpoint is an address where an engine may listen, and who named it.
type Endpoint struct {
	Host   string // unix://, tcp:// or ssh:// address
	Source string // "DOCKER_HOST", "context \"name\"", "default socket"
	TLSDir string // folder with ca.pem, cert.pem, key.pem; "" for none
}

// defaultSource is the source of the address that nobody named.
const defaultSource = "default socket"

// rootlessSource is the source of a rootless engine's address.
const rootlessSource = "rootless socket"

// named reports whether the user chose this address.
func (e Endpoint) named() bool { return e.Source != defaultSource && e.Source != rootlessSource }

// Endpoints lists the addresses to try, in the order of Docker's own client. A
// named one (DOCKER_HOST, a context) is the only one: a user who names an engine
// does not want another.
func Endpoints(getenv func(string) string) ([]Endpoint, error) {
	if h := getenv("DOCKER_HOST"); h != "" {
		e := Endpoint{Host: h, Source: "DOCKER_HOST"}
		if getenv("DOCKER_TLS_VERIFY") != "" {
			e.TLSDir = getenv("DOCKER_CERT_PATH")
		}
		return []Endpoint{e}, nil
	}
	dir := getenv("DOCKER_CONFIG")
	if dir == "" {
		dir = filepath.Join(getenv("HOME"), ".docker")
	}
	name := getenv("DOCKER_CONTEXT")
	if name == "" {
		var err error
		if name, err = currentContext(dir); err != nil {
			return nil, err
		}
	}
	if name != "" && name != "default" {
		e, err := contextEndpoint(dir, name)
		return []Endpoint{e}, err
	}
	found := []Endpoint{{Host: DefaultHost, Source: defaultSource}}
	if run := getenv("XDG_RUNTIME_DIR"); run != "" {
		found = append(found, Endpoint{Host: "unix://" + filepath.Join(run, "docker.sock"), Source: rootlessSource})
	}
	return found, nil
}

func currentContext(dir string) (string, error) {
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	err := readJSON(filepath.Join(dir, "config.json"), &config)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return config.CurrentContext, err
}

func contextEndpoint(dir, name string) (Endpoint, error) {
	id := contextID(name)
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	if err := readJSON(filepath.Join(dir, "contexts", "meta", id, "meta.json"), &meta); err != nil {
		p := &host.Problem{
			What: fmt.Sprintf("cannot use docker context %q", name), Cause: err.Error(), Next: `list them with "docker context ls"`, Err: err,
		}
		if errors.Is(err, fs.ErrNotExist) {
			p.Cause = "there is no such context"
		}
		return Endpoint{}, p
	}
	e := Endpoint{Host: meta.Endpoints["docker"].Host, Source: fmt.Sprintf("context %q", name)}
	tls := filepath.Join(dir, "contexts", "tls", id, "docker")
	if _, err := os.Stat(tls); err == nil {
		e.TLSDir = tls
	}
	return e, nil
}

// contextID names the folder of a context.
func contextID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("cannot parse %q: %w", path, err)
	}
	return nil
}

// socketPath is the path of a unix:// address, "" for any other.
func socketPath(host string) string {
	path, ok := strings.CutPrefix(host, "unix://")
	if !ok {
		return ""
	}
	return path
}
