package base

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

var limit = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// rawTree is a small tree with all that a bootstrap leaves behind.
func rawTree(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./dev/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./dev/null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3},
		{Name: "./bin", Typeflag: tar.TypeSymlink, Linkname: "usr/bin"},
		{Name: "./etc/debian_version", Typeflag: tar.TypeReg, Mode: 0o644, Size: 5},
		{Name: "./etc/hostname", Typeflag: tar.TypeReg},
		{Name: "./etc/resolv.conf", Typeflag: tar.TypeReg},
		{Name: "./etc/apt/sources.list", Typeflag: tar.TypeReg},
		{Name: "./etc/apt/apt.conf.d/99mmdebstrap", Typeflag: tar.TypeReg},
		{Name: "./etc/apt/apt.conf.d/70debconf", Typeflag: tar.TypeReg},
		{Name: "./var/cache/apt/pkgcache.bin", Typeflag: tar.TypeReg},
		{Name: "./var/lib/apt/lists/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./var/lib/apt/lists/lock", Typeflag: tar.TypeReg},
		{Name: "./var/log/dpkg.log", Typeflag: tar.TypeReg},
		{Name: "./usr/sbin/policy-rc.d", Typeflag: tar.TypeReg},
		{Name: "./usr/bin/su", Typeflag: tar.TypeReg, Mode: 0o4755, Uname: "root", ModTime: limit.Add(-time.Hour)},
	} {
		if h.ModTime.IsZero() {
			h.ModTime = time.Now()
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := io.WriteString(w, "13.8\n"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheRootFileSystemIsRewrittenInOrder(t *testing.T) {
	var out bytes.Buffer
	got, err := rewrite(&out, bytes.NewReader(rawTree(t)), map[string]overlayFile{"usr/sbin/policy-rc.d": {0o755, "exit 101\n"}}, limit)
	if err != nil {
		t.Fatal(err)
	}
	if got.release != "13.8" {
		t.Errorf("release: want 13.8, got %q", got.release)
	}
	var names []string
	r := tar.NewReader(&out)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
		if h.ModTime.After(limit) {
			t.Errorf("%s is younger than the archive: %s", h.Name, h.ModTime)
		}
		switch h.Name {
		case "./usr/bin/su":
			if h.Mode != 0o4755 || !h.ModTime.Equal(limit.Add(-time.Hour)) || h.Uname != "" {
				t.Errorf("su: got %+v", h)
			}
		case "./usr/sbin/policy-rc.d":
			if text, _ := io.ReadAll(r); string(text) != "exit 101\n" || h.Mode != 0o755 {
				t.Errorf("policy-rc.d: %q, mode %o", text, h.Mode)
			}
		}
	}
	want := []string{
		"./", "./dev/", "./bin", "./etc/debian_version", "./etc/apt/apt.conf.d/70debconf",
		"./var/lib/apt/lists/", "./usr/bin/su", "./usr/sbin/policy-rc.d",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestRewriteOfABrokenTree(t *testing.T) {
	if _, err := rewrite(io.Discard, strings.NewReader(strings.Repeat("x", 600)), nil, limit); err == nil {
		t.Error("a broken tar went through")
	}
}

func TestTheSameCodeIsTheSameRecipe(t *testing.T) {
	if a, b := recipe(), recipe(); a != b || len(a) != 12 {
		t.Errorf("want 12 characters, the same twice, got %q and %q", a, b)
	}
}

// packed is the archive of the small tree's image, made in a folder of its own.
func packed(t *testing.T) ([]byte, string) {
	t.Helper()
	dir := t.TempDir()
	rootfs := filepath.Join(dir, "rootfs.tar")
	var tree bytes.Buffer
	if _, err := rewrite(&tree, bytes.NewReader(rawTree(t)), overlay(), limit); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(rootfs, tree.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	img, err := imageOf(rootfs, "amd64", limit)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := archive(&out, img, "caduceus-base:13.8", filepath.Join(dir, "layout")); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), filepath.Join(dir, "layout")
}

func TestArchiveIsTheSameTwice(t *testing.T) {
	a, _ := packed(t)
	b, _ := packed(t)
	if !bytes.Equal(a, b) {
		t.Error("two archives of one tree differ")
	}
}

func TestArchiveLoadsAsDockerAndAsOCI(t *testing.T) {
	tarBytes, dir := packed(t)
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(tarBytes)), nil }
	docker, err := tarball.Image(open, nil)
	if err != nil {
		t.Fatal(err)
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	config, err := docker.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.OS != "linux" || config.Architecture != "amd64" || !config.Created.Equal(limit) {
		t.Errorf("config: %+v", config)
	}
	m, ok := madeFrom("caduceus-base:13.8", config.Config.Labels)
	if !ok || m.Recipe != recipe() || !m.Snapshot.Equal(limit) {
		t.Errorf("labels: %+v, %t", m, ok)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	oci, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := id(t, docker), id(t, oci); a != b {
		t.Errorf("ids differ: %s as docker, %s as OCI", a, b)
	}
}

func id(t *testing.T, img v1.Image) v1.Hash {
	t.Helper()
	h, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	return h
}
