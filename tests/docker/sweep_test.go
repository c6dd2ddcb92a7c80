//go:build docker

package docker

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"testing"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"caduceus/tests/docker/harness"
)

// An image that is tested by its id, since it has no name, is still there after the run; what
// was derived from it is gone, with the steps between.
func TestSweepLeavesTheTestedImage(t *testing.T) {
	t.Parallel()
	api := engine.API()
	nameless := buildNameless(t, api)
	other, err := harness.Open(t.Context(), harness.Options{Image: nameless})
	if err != nil {
		t.Fatal(err)
	}
	derived, err := other.Subject("").Derive(t.Context(), "LABEL caduceus.test.step=1\nLABEL caduceus.test.step=2")
	if err != nil {
		t.Fatal(err)
	}
	if steps := made(t, api, nameless); len(steps) == 0 {
		t.Fatal("nothing was derived from the image without a name: this test would prove nothing")
	}
	if err := other.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := api.ImageInspect(t.Context(), nameless); err != nil {
		t.Errorf("the tested image went with what was derived from it: %v", err)
	}
	if _, err := api.ImageInspect(t.Context(), derived); !errdefs.IsNotFound(err) {
		t.Errorf("want %s gone, got %v", derived, err)
	}
	if steps := made(t, api, nameless); len(steps) > 0 {
		t.Errorf("steps are left behind: %q", steps)
	}
}

// buildNameless makes an image without a name from the one under test, and returns its id.
func buildNameless(t *testing.T, api client.APIClient) string {
	t.Helper()
	dockerfile := "FROM " + engine.Image() + "\nLABEL caduceus.test.nameless=" + engine.Run() + "\n"
	var context bytes.Buffer
	w := tar.NewWriter(&context)
	if err := w.WriteHeader(&tar.Header{Name: "Dockerfile", Mode: 0o644, Size: int64(len(dockerfile))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(dockerfile)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	built, err := api.ImageBuild(t.Context(), &context, client.ImageBuildOptions{Remove: true, ForceRemove: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = built.Body.Close() }()
	id := ""
	for d := json.NewDecoder(built.Body); d.More(); {
		var message struct{ Aux struct{ ID string } }
		if err := d.Decode(&message); err != nil {
			t.Fatal(err)
		}
		id += message.Aux.ID // the last step alone has one
	}
	if id == "" {
		t.Fatal("the engine built no image")
	}
	t.Cleanup(func() {
		_, _ = api.ImageRemove(engine.Interrupted, id, client.ImageRemoveOptions{Force: true}) // gone already where the test failed
	})
	return id
}

// made are the images whose parent is id.
func made(t *testing.T, api client.APIClient, id string) []string {
	t.Helper()
	all, err := api.ImageList(t.Context(), client.ImageListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, i := range all.Items {
		if i.ParentID == id {
			ids = append(ids, i.ID)
		}
	}
	return ids
}
