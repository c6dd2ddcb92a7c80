package publish

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func TestTheConfigurationOfAnImageIsKept(t *testing.T) {
	file := archive(t, 1)
	saved, err := tarball.ImageFromPath(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := saved.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	img := packImage(t, 1)
	got, err := img.ConfigName()
	if err != nil || got != want {
		t.Errorf("configuration is %s, want %s, %v", got, want, err)
	}
	if seen, err := Inspect(file); err != nil || seen.ID != want.String() {
		t.Errorf("inspected as %+v, %v", seen, err)
	}
	if err := validate.Image(img); err != nil {
		t.Error(err)
	}
}

func TestTheSameImageHasTheSameDigest(t *testing.T) {
	if a, b := digestOf(t, packImage(t, 1)), digestOf(t, packImage(t, 1)); a != b {
		t.Errorf("the same archive gave %s and %s", a, b)
	}
	if a, b := digestOf(t, packImage(t, 1)), digestOf(t, packImage(t, 2)); a == b {
		t.Error("two archives gave one digest")
	}
}

func TestABrokenExportIsNamed(t *testing.T) {
	whole, err := os.ReadFile(archive(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		archive []byte
		want    string
	}{
		"no archive":      {[]byte("hello"), "cannot read image archive"},
		"half an archive": {whole[:len(whole)/2], "cannot"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "image.tar")
			if err := os.WriteFile(file, c.archive, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Pack(file, t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
}

func TestPackRefusesALayerOfOtherContent(t *testing.T) {
	img, err := tarball.ImageFromPath(archive(t, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	other, err := layers[1].DiffID()
	if err != nil {
		t.Fatal(err)
	}
	_, err = compressLayer(layers[0], other, filepath.Join(t.TempDir(), "layer"))
	if err == nil || !strings.Contains(err.Error(), "has the content of") {
		t.Errorf("want a layer with other content refused, got %v", err)
	}
}
