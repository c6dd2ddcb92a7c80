//go:build docker

package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/pkg/authconfig"
	types "github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"

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
	save(t, engine.API(), seen.ID, archive)
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
	pull(t, engine.API(), result.Reference)
	pulled, err := engine.InspectImage(t.Context(), result.Reference)
	if err != nil || pulled.ID != seen.ID {
		t.Fatalf("pulled %s, pushed %s, %v", pulled.ID, seen.ID, err)
	}
	redirects(t, engine, result.Reference)
}

// save writes an image as "docker save" does.
func save(t *testing.T, api client.APIClient, id, archive string) {
	t.Helper()
	saved, err := api.ImageSave(t.Context(), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = saved.Close() }()
	file, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(file, saved)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

// pull gets an image with the publisher's password. Its name goes with the test.
func pull(t *testing.T, api client.APIClient, ref string) {
	t.Helper()
	secret, err := authconfig.Encode(types.AuthConfig{Username: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	pulled, err := api.ImagePull(t.Context(), ref, client.ImagePullOptions{RegistryAuth: secret})
	if err != nil {
		t.Fatal(err)
	}
	if err := pulled.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeImage(t, api, ref) })
}

func removeImage(t *testing.T, api client.APIClient, ref string) {
	t.Helper()
	if _, err := api.ImageRemove(context.Background(), ref, client.ImageRemoveOptions{}); err != nil {
		t.Errorf("cannot remove image %q: %v", ref, err)
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
