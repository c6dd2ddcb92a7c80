package base

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// imageOf makes an image with one layer of a root file system's tar.
func imageOf(rootfs, arch string, snapshot time.Time) (v1.Image, error) {
	layer, err := tarball.LayerFromFile(rootfs, tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(1))
	if err != nil {
		return nil, fmt.Errorf("cannot make a layer of %q: %w", rootfs, err)
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: v1.History{
		Created: v1.Time{Time: snapshot}, CreatedBy: "mmdebstrap " + suite, Comment: "Debian " + suite + " from its own packages",
	}})
	if err != nil {
		return nil, fmt.Errorf("cannot make the base image: %w", err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Architecture, config.OS, config.Created = arch, "linux", v1.Time{Time: snapshot}
	config.Config = v1.Config{
		Cmd:    []string{"bash"},
		Env:    []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		Labels: map[string]string{labelRecipe: recipe(), labelSnapshot: strconv.FormatInt(snapshot.Unix(), 10)},
	}
	return mutate.ConfigFile(img, config)
}

// archive writes the image as one tar that is an OCI layout and, by its
// manifest.json, what engines of 20.10 and later load with a stable id.
func archive(w io.Writer, img v1.Image, ref, dir string) error {
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("cannot lay out the base image in %q: %w", dir, err)
	}
	if err := path.AppendImage(img, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": ref})); err != nil {
		return fmt.Errorf("cannot lay out the base image in %q: %w", dir, err)
	}
	manifest, err := img.Manifest()
	if err != nil {
		return err
	}
	blob := func(h v1.Hash) string { return filepath.Join("blobs", h.Algorithm, h.Hex) }
	type item struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	it := item{Config: blob(manifest.Config.Digest), RepoTags: []string{ref}}
	for _, l := range manifest.Layers {
		it.Layers = append(it.Layers, blob(l.Digest))
	}
	b, err := json.Marshal([]item{it})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), b, 0o644); err != nil {
		return err
	}
	return tarFolder(w, dir)
}

// tarFolder writes a folder's files in order of their names, without times and owners.
func tarFolder(w io.Writer, dir string) error {
	var names []string
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, path)
		}
		return err
	}); err != nil {
		return err
	}
	slices.Sort(names)
	out := tar.NewWriter(w)
	for _, name := range names {
		if err := addFile(out, dir, name); err != nil {
			return fmt.Errorf("cannot pack %q: %w", name, err)
		}
	}
	return out.Close()
}

func addFile(out *tar.Writer, dir, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(dir, name)
	if err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: rel, Mode: 0o644, Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(out, f)
	return err
}
