package static

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Image is what an image holds.
type Image struct {
	ID      string // digest of the configuration
	Config  v1.Config
	OS      string
	Arch    string
	History []v1.History    // oldest first
	Files   map[string]File // by absolute path, as the last layer left it
	entries []int           // of each layer its entry in History, -1 where there is none
	removed map[string]int  // by path, the layer that took it away
}

// File is what lies at a path.
type File struct {
	Type   byte // as tar has it: '0' regular, '5' directory, '2' link
	Mode   int64
	UID    int
	GID    int
	Size   int64
	Target string // of a link
	Caps   bool   // it has file capabilities
	Sum    string // SHA-256 of a regular file
	Layer  int    // index of the layer that brought it, 0 is the lowest
}

// Limits of an image that is read: a hostile one cannot fill the memory.
const (
	maxFiles = 2_000_000
	maxName  = 4096
)

// Whiteouts of a layer.
const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

// Read reads the layers of an image from the lowest up, until ctx ends.
func Read(ctx context.Context, from v1.Image) (*Image, error) {
	image, _, err := ReadWithBase(ctx, from, 0)
	return image, err
}

// ReadWithBase reads an image and, on the way, what its lowest layers hold: the image that it was derived from has
// those alone. Of that one the files are known, and nothing else.
func ReadWithBase(ctx context.Context, from v1.Image, layers int) (image, base *Image, err error) {
	if image, err = begin(from); err != nil {
		return nil, nil, err
	}
	all, err := from.Layers()
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the image's layers: %w", err)
	}
	for n, layer := range all {
		if n == layers {
			base = &Image{Files: maps.Clone(image.Files)}
		}
		if err := image.read(ctx, n, layer); err != nil {
			return nil, nil, err
		}
	}
	if base == nil {
		base = &Image{Files: maps.Clone(image.Files)}
	}
	return image, base, nil
}

// begin is an image of which no layer was read.
func begin(from v1.Image) (*Image, error) {
	config, err := from.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("cannot read the image's configuration: %w", err)
	}
	id, err := from.ConfigName()
	if err != nil {
		return nil, fmt.Errorf("cannot read the image's configuration: %w", err)
	}
	i := &Image{
		ID: id.String(), Config: config.Config, OS: config.OS, Arch: config.Architecture, History: config.History, Files: map[string]File{},
		removed: map[string]int{},
	}
	for n, h := range config.History {
		if !h.EmptyLayer {
			i.entries = append(i.entries, n)
		}
	}
	return i, nil
}

func (i *Image) read(ctx context.Context, n int, layer v1.Layer) error {
	digest, err := layer.DiffID()
	if err != nil {
		return fmt.Errorf("cannot read layer %d: %w", n, err)
	}
	if n >= len(i.entries) {
		i.entries = append(i.entries, -1)
	}
	if err := i.apply(ctx, n, layer); err != nil {
		return fmt.Errorf("cannot read layer %d (%s): %w", n, digest, err)
	}
	return nil
}

func (i *Image) apply(ctx context.Context, n int, layer v1.Layer) error {
	content, err := layer.Uncompressed()
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	for t := tar.NewReader(content); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if len(h.Name) > maxName || len(i.Files) > maxFiles {
			return fmt.Errorf("it has more files, or longer names, than an image has")
		}
		if err := i.add(n, h, t); err != nil {
			return err
		}
	}
}

func (i *Image) add(layer int, h *tar.Header, content io.Reader) error {
	name := path.Join("/", h.Name)
	dir, base := path.Split(name)
	switch {
	case base == opaque:
		i.remove(path.Clean(dir), layer, false)
		return nil
	case strings.HasPrefix(base, whiteout):
		i.remove(path.Join(dir, strings.TrimPrefix(base, whiteout)), layer, true)
		return nil
	}
	f := File{Type: h.Typeflag, Mode: h.Mode & 0o7777, UID: h.Uid, GID: h.Gid, Size: h.Size, Layer: layer}
	for key := range h.PAXRecords {
		f.Caps = f.Caps || strings.HasSuffix(key, "security.capability")
	}
	switch h.Typeflag {
	case tar.TypeReg:
		sum := sha256.New()
		if _, err := io.Copy(sum, content); err != nil {
			return err
		}
		f.Sum = hex.EncodeToString(sum.Sum(nil))
	case tar.TypeSymlink:
		f.Target = h.Linkname
	case tar.TypeLink: // another name of a file: it is what that is
		if first, found := i.Files[path.Join("/", h.Linkname)]; found {
			f = first
			f.Layer = layer
		}
	}
	if old, found := i.Files[name]; found && old.Type == tar.TypeDir && f.Type != tar.TypeDir {
		i.remove(name, layer, true)
	}
	i.Files[name] = f
	return nil
}

// remove takes away what layers below one left at a path and below it; with self, the path too.
func (i *Image) remove(name string, layer int, self bool) {
	if f, found := i.Files[name]; found && f.Type != tar.TypeDir {
		if self && f.Layer < layer {
			delete(i.Files, name)
			i.removed[name] = layer
		}
		return
	}
	below := strings.TrimSuffix(name, "/") + "/"
	maps.DeleteFunc(i.Files, func(p string, f File) bool {
		gone := f.Layer < layer && ((self && p == name) || strings.HasPrefix(p, below))
		if gone {
			i.removed[p] = layer
		}
		return gone
	})
}

// Entry is the entry of the history that brought a layer; false where the history does not say.
func (i *Image) Entry(layer int) (int, v1.History, bool) {
	if layer < 0 || layer >= len(i.entries) || i.entries[layer] < 0 || i.entries[layer] >= len(i.History) {
		return 0, v1.History{}, false
	}
	n := i.entries[layer]
	return n, i.History[n], true
}

// Below lists the paths below some directories, and those themselves, sorted.
func (i *Image) Below(dirs ...string) []string {
	var list []string
	for name := range i.Files {
		if slices.ContainsFunc(dirs, func(d string) bool { return name == d || strings.HasPrefix(name, strings.TrimSuffix(d, "/")+"/") }) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// Resolve follows the links of a path within the image; false where it leads nowhere.
func (i *Image) Resolve(name string) (string, File, bool) {
	const most = 40
	for range most {
		at, rest := "/", strings.Split(strings.Trim(path.Clean(name), "/"), "/")
		again := false
		for n, part := range rest {
			at = path.Join(at, part)
			f, found := i.Files[at]
			if !found {
				return at, File{}, false
			}
			if f.Type != tar.TypeSymlink {
				continue
			}
			target := f.Target
			if !path.IsAbs(target) {
				target = path.Join(path.Dir(at), target)
			}
			name = path.Join(append([]string{target}, rest[n+1:]...)...)
			again = true
			break
		}
		if !again {
			return at, i.Files[at], true
		}
	}
	return name, File{}, false
}
