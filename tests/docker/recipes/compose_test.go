//go:build docker

package recipes

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"caduceus/tests/docker/harness"

	"go.yaml.in/yaml/v4"
)

// The compose plugin that is built where the host has none.
const (
	composeModule  = "github.com/docker/compose/v2"
	composeVersion = "v2.40.3"
	composeSum     = "h1:XeYkQu1svDtyfZPv5nTwFryQ25ZJMkIlc4pz9HalMPI="
)

// compose is the plugin, found or built once for all recipes that need it.
var compose = sync.OnceValues(func() (string, error) {
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Minute)
	defer stop()
	if path := findCompose(ctx); path != "" {
		return path, nil
	}
	return buildCompose(ctx)
})

// findCompose looks where the docker client looks for its plugins.
func findCompose(ctx context.Context) string {
	for _, dir := range []string{
		filepath.Join(os.Getenv("HOME"), ".docker/cli-plugins"),
		"/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins",
		"/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins",
	} {
		path := filepath.Join(dir, "docker-compose")
		if err := exec.CommandContext(ctx, path, "version", "--short").Run(); err == nil {
			return path
		}
	}
	return ""
}

// buildCompose builds the plugin from its published module with the module's own
// go.sum, and keeps it in the user's cache: 3 minutes of CPU time, once.
func buildCompose(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "caduceus")
	path := filepath.Join(dir, fmt.Sprintf("docker-compose-%s-%s-%s", composeVersion, runtime.GOOS, runtime.GOARCH))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	module, err := composeSource(ctx)
	if err != nil {
		return "", err
	}
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	defer func() { _ = os.Remove(tmp) }()
	build := exec.CommandContext(ctx, "nice", "-n", "10", "go", "build", "-C", module, "-trimpath",
		"-ldflags=-s -w -X "+composeModule+"/internal.Version="+composeVersion, "-o", tmp, "./cmd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the compose plugin: %w\n%s", err, tail(string(out)))
	}
	return path, os.Rename(tmp, path)
}

// composeSource is the folder of the module, which must be the one we know.
func composeSource(ctx context.Context) (string, error) {
	get := exec.CommandContext(ctx, "go", "mod", "download", "-json", composeModule+"@"+composeVersion)
	get.Dir = os.TempDir() // in no module
	out, err := get.Output()
	var module struct{ Dir, Sum, Error string }
	jsonErr := json.Unmarshal(out, &module) // go says there why it failed
	if module.Error != "" {
		err = errors.New(module.Error)
	}
	if err = cmp.Or(err, jsonErr); err != nil {
		return "", fmt.Errorf("cannot get the compose plugin's source: %w", err)
	}
	if module.Sum != composeSum {
		return "", fmt.Errorf("cannot trust the compose plugin's source: want %s, got %s", composeSum, module.Sum)
	}
	return module.Dir, nil
}

// compose makes the current folder that of a compose file of deploy/compose, so
// that the guide's commands work there as written. A second file beside it
// carries the run's label, and takes GPUs away where the engine has none.
func (u *user) compose(dir string, more ...string) {
	u.Helper()
	const file = "docker-compose.yaml"
	u.put(filepath.Join("compose", dir, file))
	for _, m := range more {
		u.put(filepath.Join("compose", dir, m))
	}
	u.composeFile(file)
}

// composeFile makes a file of the current folder the one that docker compose takes.
func (u *user) composeFile(file string) {
	u.Helper()
	plugin, err := compose()
	if err != nil {
		u.Fatal(err)
	}
	plugins := u.file(".docker/cli-plugins")
	if err := os.MkdirAll(plugins, 0o755); err != nil {
		u.Fatal(err)
	}
	if err := os.Symlink(plugin, filepath.Join(plugins, "docker-compose")); err != nil && !errors.Is(err, os.ErrExist) {
		u.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(u.dir, file))
	if err != nil {
		u.Fatal(err)
	}
	labels, err := u.labels(written)
	if err != nil {
		u.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(u.dir, "labels.yaml"), labels, 0o644); err != nil {
		u.Fatal(err)
	}
	// Compose builds by itself: a buildx of Debian's is older than what it wants of one.
	u.env = append(u.env, "COMPOSE_PROJECT_NAME="+strings.ToLower(u.id), "COMPOSE_FILE="+file+":labels.yaml", "COMPOSE_BAKE=false")
	u.afterwards("docker compose down --volumes --remove-orphans")
	u.Cleanup(func() { // runs before
		if u.Failed() {
			ctx, stop := context.WithTimeout(context.Background(), time.Minute)
			defer stop()
			u.Logf("docker compose logs:\n%s", tail(u.run(ctx, "docker compose logs --no-color 2>&1").stdout))
		}
	})
}

// labels is the compose file that labels all of another.
func (u *user) labels(file []byte) ([]byte, error) {
	var in struct {
		Services map[string]struct {
			Build  any
			Deploy struct {
				Resources struct{ Reservations map[string]any }
			}
		}
		Networks map[string]any
	}
	if err := yaml.Unmarshal(file, &in); err != nil {
		return nil, err
	}
	label := map[string]any{"labels": map[string]string{harness.RunLabel: docker.Run()}}
	services, networks := map[string]any{}, map[string]any{"default": label}
	for name := range in.Networks {
		networks[name] = label
	}
	for name, s := range in.Services {
		more := map[string]any{"labels": label["labels"]}
		if s.Build != nil {
			more["build"] = label
		}
		if s.Deploy.Resources.Reservations["devices"] != nil && !u.gpu() {
			u.Logf("the engine has no GPU runtime: service %s runs without its reservation", name)
			more["deploy"] = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!reset", Value: "null"}
		}
		services[name] = more
	}
	return yaml.Marshal(map[string]any{"services": services, "networks": networks})
}

// gpu reports whether the engine can give containers a GPU.
func (u *user) gpu() bool {
	return strings.Contains(u.ok("docker info --format '{{json .Runtimes}}'"), "nvidia")
}
