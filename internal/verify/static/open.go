package static

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// The ways to name an image that no engine has.
const (
	Archive  = "tar:"      // tar:FILE, as docker save writes it
	Layout   = "oci:"      // oci:FOLDER, an OCI layout
	Registry = "registry:" // registry:NAME, pulled layer by layer
)

// IsReference reports whether a word names an image in one of these ways.
func IsReference(word string) bool {
	return strings.HasPrefix(word, Archive) || strings.HasPrefix(word, Layout) || strings.HasPrefix(word, Registry)
}

// Open finds an image for linux on arch ("": amd64) by a word for which IsReference holds.
func Open(ctx context.Context, word, arch string) (v1.Image, error) {
	if arch == "" {
		arch = "amd64"
	}
	image, err := open(ctx, word, v1.Platform{OS: "linux", Architecture: arch})
	if err != nil {
		return nil, fmt.Errorf("cannot read image %q: %w", word, err)
	}
	return image, nil
}

func open(ctx context.Context, word string, platform v1.Platform) (v1.Image, error) {
	if file, is := strings.CutPrefix(word, Archive); is {
		return openArchive(file)
	}
	if dir, is := strings.CutPrefix(word, Layout); is {
		index, err := layout.ImageIndexFromPath(dir)
		if err != nil {
			return nil, err
		}
		return ofPlatform(index, platform)
	}
	ref, err := name.ParseReference(strings.TrimPrefix(word, Registry))
	if err != nil {
		return nil, err
	}
	return remote.Image(ref, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain), remote.WithPlatform(platform))
}

func openArchive(file string) (v1.Image, error) {
	if info, err := os.Stat(file); err != nil {
		return nil, err
	} else if info.IsDir() {
		return nil, errors.New("it is a folder; an OCI layout is named oci:FOLDER")
	}
	manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(file) })
	if err != nil {
		return nil, fmt.Errorf("%w; an archive is what docker save writes", err)
	}
	if len(manifest) != 1 {
		return nil, fmt.Errorf("it holds %d images; save one alone", len(manifest))
	}
	return tarball.ImageFromPath(file, nil)
}

// ofPlatform finds the image of a platform in an index, or the only one there is.
func ofPlatform(index v1.ImageIndex, want v1.Platform) (v1.Image, error) {
	m, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	var others []string
	for _, d := range m.Manifests {
		if d.MediaType.IsIndex() {
			inner, err := index.ImageIndex(d.Digest)
			if err != nil {
				return nil, err
			}
			return ofPlatform(inner, want)
		}
		if d.MediaType.IsImage() && (d.Platform == nil || d.Platform.Satisfies(want)) {
			return index.Image(d.Digest)
		}
		if d.Platform != nil {
			others = append(others, d.Platform.String())
		}
	}
	return nil, fmt.Errorf("it has no image for %s, only for %q", want, others)
}
