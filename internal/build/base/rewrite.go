package base

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// tree is what rewrite learns of the tree that passes through.
type tree struct {
	release string // /etc/debian_version
	files   int
}

// rewrite copies a root file system from a tar to a tar: it drops what does not
// belong, lays files over it, and lets no time be later than limit. One input
// always gives the same bytes.
func rewrite(w io.Writer, r io.Reader, over map[string]overlayFile, limit time.Time) (tree, error) {
	var t tree
	var version strings.Builder
	in, out := tar.NewReader(r), tar.NewWriter(w)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t, fmt.Errorf("cannot read the bootstrapped tree: %w", err)
		}
		name := strings.Trim(path.Clean(h.Name), "/")
		if _, replaced := over[name]; replaced || dropped(name) {
			continue
		}
		if h.ModTime.After(limit) {
			h.ModTime = limit
		}
		h.AccessTime, h.ChangeTime, h.Uname, h.Gname = time.Time{}, time.Time{}, "", ""
		if err := out.WriteHeader(h); err != nil {
			return t, fmt.Errorf("cannot write %q of the base: %w", name, err)
		}
		to := io.Writer(out)
		if name == "etc/debian_version" {
			to = io.MultiWriter(out, &version)
		}
		if _, err := io.Copy(to, in); err != nil {
			return t, fmt.Errorf("cannot write %q of the base: %w", name, err)
		}
		t.files++
	}
	for _, name := range slices.Sorted(maps.Keys(over)) {
		f := over[name]
		h := &tar.Header{Typeflag: tar.TypeReg, Name: "./" + name, Mode: f.mode, Size: int64(len(f.text)), ModTime: limit}
		if err := out.WriteHeader(h); err != nil {
			return t, fmt.Errorf("cannot write %q of the base: %w", name, err)
		}
		if _, err := io.WriteString(out, f.text); err != nil {
			return t, fmt.Errorf("cannot write %q of the base: %w", name, err)
		}
		t.files++
	}
	t.release = strings.TrimSpace(version.String())
	return t, out.Close()
}
