package harness

import (
	"archive/tar"
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
)

// Spec is how to start a container, as the flags of docker run say it. The zero
// value is `docker run -d IMAGE` of the image under test.
type Spec struct {
	Image      string   // "": the subject's
	Entrypoint []string // nil: the image's
	Cmd        []string
	Env        map[string]string
	User       string // --user
	WorkDir    string // --workdir
	TTY        bool   // --tty --interactive
	Volumes    []Volume
	Files      []File                      // put in place before the start
	Host       func(*container.HostConfig) // all other flags: --init, --tmpfs, --read-only …
}

// Volume mounts one volume of the engine. Only named volumes are used, never
// folders of the host, so that a remote engine works, too.
type Volume struct {
	Name     string // from Subject.Volume
	Path     string // "": /opt/data
	ReadOnly bool
}

// File is one entry copied into a created container, volumes included.
type File struct {
	Path    string // absolute
	Content string
	Mode    int64 // 0: 0644, for a directory 0755
	UID     int
	GID     int
	Dir     bool
	Link    string // not empty: a symbolic link with this target
}

// hermesID is the uid and gid of hermes in an image that nobody remapped.
const hermesID = 10000

// Hermes makes the file belong to the image's user hermes.
func (f File) Hermes() File {
	f.UID, f.GID = hermesID, hermesID
	return f
}

func (f File) header() *tar.Header {
	h := &tar.Header{
		Name: strings.TrimPrefix(path.Clean(f.Path), "/"), Typeflag: tar.TypeReg,
		Mode: f.Mode, Uid: f.UID, Gid: f.GID, Size: int64(len(f.Content)),
	}
	switch {
	case f.Link != "":
		h.Typeflag, h.Linkname, h.Size, h.Mode = tar.TypeSymlink, f.Link, 0, 0o777
	case f.Dir:
		h.Typeflag, h.Size = tar.TypeDir, 0
	}
	if h.Mode == 0 && f.Dir {
		h.Mode = 0o755
	} else if h.Mode == 0 {
		h.Mode = 0o644
	}
	return h
}

// archive packs files for the engine's copy call and for build contexts.
func archive(files []File) (*bytes.Reader, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		if err := w.WriteHeader(f.header()); err != nil {
			return nil, fmt.Errorf("cannot pack %q: %w", f.Path, err)
		}
		if f.Dir || f.Link != "" {
			continue
		}
		if _, err := w.Write([]byte(f.Content)); err != nil {
			return nil, fmt.Errorf("cannot pack %q: %w", f.Path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("cannot finish the archive: %w", err)
	}
	return bytes.NewReader(buf.Bytes()), nil
}

func (v Volume) mount() mount.Mount {
	target := v.Path
	if target == "" {
		target = "/opt/data"
	}
	return mount.Mount{Type: mount.TypeVolume, Source: v.Name, Target: target, ReadOnly: v.ReadOnly}
}
