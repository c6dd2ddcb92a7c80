//go:build docker

package publish

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caduceus/internal/build/publish"
	"caduceus/internal/clause"
	"caduceus/tests/docker/harness"
)

// bootLimit bounds the boot of the pulled image on a busy host.
const bootLimit = 2 * time.Minute

// breadcrumb is in the line that the redirect prints.
const breadcrumb = "s6 supervision"

// The image that goes to the registry comes back by its digest and works.
func TestThePulledImageRunsTheRedirect(t *testing.T) {
	clause.Proves(t, "GW-01")
	image := cmp.Or(os.Getenv("HERMES_TEST_IMAGE"), harness.DefaultImage)
	engine, err := harness.Open(t.Context(), harness.Options{Image: image})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Sweep(context.Background()); err != nil {
			t.Error(err)
		}
	})
	r := startRegistry(t)
	seen, err := engine.InspectImage(t.Context(), image)
	if err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), "image.tar")
	docker(t, nil, "save", "--output", archive, seen.ID)
	facts, err := publish.Inspect(archive)
	if err != nil {
		t.Fatal(err)
	}
	if facts.ID != seen.ID {
		t.Fatalf("the archive holds %s, the engine has %s", facts.ID, seen.ID)
	}
	plan := r.plan(t, facts, "test")
	img, err := publish.Pack(archive, t.TempDir(), plan.Annotations)
	if err != nil {
		t.Fatal(err)
	}
	result, err := publish.Push(t.Context(), plan, img, options())
	if err != nil {
		t.Fatal(err)
	}
	t.Log("published", result.Reference)
	pull(t, result.Reference)
	pulled, err := engine.InspectImage(t.Context(), result.Reference)
	if err != nil || pulled.ID != seen.ID {
		t.Fatalf("pulled %s, pushed %s, %v", pulled.ID, seen.ID, err)
	}
	redirects(t, engine, result.Reference)
}

// pull gets an image with credentials of its own; its name goes with the test.
func pull(t *testing.T, ref string) {
	t.Helper()
	registry, _, _ := strings.Cut(ref, "/")
	secret := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	config, err := json.Marshal(map[string]any{"auths": map[string]any{registry: map[string]string{"auth": secret}}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	docker(t, []string{"DOCKER_CONFIG=" + dir}, "pull", "--quiet", ref)
	t.Cleanup(func() { docker(t, nil, "rmi", ref) })
}

func docker(t *testing.T, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command("docker", args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func redirects(t *testing.T, engine *harness.Engine, ref string) {
	t.Helper()
	s := engine.Subject(ref)
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	c, err := s.Start(t.Context(), harness.Spec{Cmd: []string{"gateway", "run"}})
	if err != nil {
		t.Fatal(err)
	}
	err = harness.Poll(t.Context(), fmt.Sprintf("%q in the log", breadcrumb), bootLimit, func(ctx context.Context) (string, bool, error) {
		log, err := c.AllLogs(ctx)
		return log, strings.Contains(log, breadcrumb), err
	})
	if err != nil {
		t.Error(err)
	}
}
