package publish

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Pack makes an OCI image of an archive as "docker save" writes it. The configuration
// stays as it is, byte for byte, so the image is the one that was tested; layers are
// compressed into dir, which has to live as long as the image is used. The same archive
// and annotations give the same digest.
func Pack(archive, dir string, annotations map[string]string) (v1.Image, error) {
	img, err := tarball.ImageFromPath(archive, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot read image archive %q: %w", archive, err)
	}
	config, err := img.RawConfigFile()
	if err != nil {
		return nil, fmt.Errorf("cannot read configuration in %q: %w", archive, err)
	}
	parsed, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("cannot parse configuration in %q: %w", archive, err)
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, fmt.Errorf("cannot read layers of %q: %w", archive, err)
	}
	if len(layers) != len(parsed.RootFS.DiffIDs) {
		return nil, fmt.Errorf("cannot use image archive %q: it has %d layers, its configuration %d", archive, len(layers), len(parsed.RootFS.DiffIDs))
	}
	blobs, err := compress(layers, parsed.RootFS.DiffIDs, dir)
	if err != nil {
		return nil, err
	}
	return assemble(config, blobs, annotations)
}

// Inspect reads what an archive says of its image. The id is that of the configuration,
// which is also the id that the engine gives the image when it loads the archive.
func Inspect(archive string) (Image, error) {
	img, err := tarball.ImageFromPath(archive, nil)
	if err != nil {
		return Image{}, fmt.Errorf("cannot read image archive %q: %w", archive, err)
	}
	id, err := img.ConfigName()
	if err != nil {
		return Image{}, fmt.Errorf("cannot read configuration in %q: %w", archive, err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		return Image{}, fmt.Errorf("cannot parse configuration in %q: %w", archive, err)
	}
	return Image{Name: archive, ID: id.String(), Labels: config.Config.Labels, Created: config.Created.Time}, nil
}

// compressors is how many layers are compressed at once.
const compressors = 2

func compress(layers []v1.Layer, want []v1.Hash, dir string) ([]blob, error) {
	blobs, errs := make([]blob, len(layers)), make([]error, len(layers))
	free := make(chan struct{}, compressors)
	var all sync.WaitGroup
	for i, l := range layers {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			path := filepath.Join(dir, fmt.Sprintf("layer-%d.tar.gz", i))
			blobs[i], errs[i] = compressLayer(l, want[i], path)
		})
	}
	all.Wait()
	return blobs, errors.Join(errs...)
}

// compressLayer writes one layer and checks that its content is what the configuration
// says.
func compressLayer(l v1.Layer, want v1.Hash, path string) (blob, error) {
	content, err := l.Uncompressed()
	if err != nil {
		return blob{}, fmt.Errorf("cannot read layer %s: %w", want, err)
	}
	defer content.Close() //nolint:errcheck // only read
	out, err := os.Create(path)
	if err != nil {
		return blob{}, fmt.Errorf("cannot write layer %s: %w", want, err)
	}
	plain, packed := sha256.New(), sha256.New()
	counted := &counter{}
	zipped := gzip.NewWriter(io.MultiWriter(out, packed, counted))
	_, err = io.Copy(io.MultiWriter(zipped, plain), content)
	if err := errors.Join(err, zipped.Close(), out.Close()); err != nil {
		return blob{}, fmt.Errorf("cannot compress layer %s: %w", want, err)
	}
	if got := sum(plain); got != want {
		return blob{}, fmt.Errorf("cannot use the engine's archive: layer %s has the content of %s", want, got)
	}
	return blob{path: path, digest: sum(packed), size: counted.bytes}, nil
}

func sum(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}
}

type counter struct{ bytes int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}

func assemble(config []byte, blobs []blob, annotations map[string]string) (v1.Image, error) {
	configDigest, configSize, err := v1.SHA256(bytes.NewReader(config))
	if err != nil {
		return nil, err
	}
	manifest := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Annotations: annotations,
		Config: v1.Descriptor{MediaType: types.OCIConfigJSON, Digest: configDigest, Size: configSize},
	}
	p := packed{config: config, blobs: map[v1.Hash]blob{}}
	for _, b := range blobs {
		manifest.Layers = append(manifest.Layers, v1.Descriptor{MediaType: types.OCILayer, Digest: b.digest, Size: b.size})
		p.blobs[b.digest] = b
	}
	if p.manifest, err = json.Marshal(manifest); err != nil {
		return nil, err
	}
	return partial.CompressedToImage(p)
}

// packed implements partial.CompressedImageCore on files.
type packed struct {
	config, manifest []byte
	blobs            map[v1.Hash]blob
}

func (p packed) RawConfigFile() ([]byte, error)    { return p.config, nil }
func (p packed) RawManifest() ([]byte, error)      { return p.manifest, nil }
func (packed) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }

func (p packed) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	b, found := p.blobs[h]
	if !found {
		return nil, fmt.Errorf("cannot find layer %s", h)
	}
	return b, nil
}

// blob is a compressed layer in a file.
type blob struct {
	path   string
	digest v1.Hash
	size   int64
}

func (b blob) Digest() (v1.Hash, error)           { return b.digest, nil }
func (b blob) Size() (int64, error)               { return b.size, nil }
func (blob) MediaType() (types.MediaType, error)  { return types.OCILayer, nil }
func (b blob) Compressed() (io.ReadCloser, error) { return os.Open(b.path) }
