package static

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// entry is one of a layer: "name" with content, "name -> target", "name/" or "name = other".
func layer(t *testing.T, entries ...string) v1.Layer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(e))}
		if n, target, ok := strings.Cut(e, " -> "); ok {
			h = &tar.Header{Name: n, Typeflag: tar.TypeSymlink, Linkname: target, Mode: 0o777}
		} else if n, other, ok := strings.Cut(e, " = "); ok {
			h = &tar.Header{Name: n, Typeflag: tar.TypeLink, Linkname: other, Mode: 0o644}
		} else if strings.HasSuffix(e, "/") {
			h = &tar.Header{Name: e, Typeflag: tar.TypeDir, Mode: 0o755}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := io.WriteString(w, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func build(t *testing.T, config v1.Config, steps ...mutate.Addendum) v1.Image {
	t.Helper()
	i, err := mutate.Append(empty.Image, steps...)
	if err != nil {
		t.Fatal(err)
	}
	if i, err = mutate.Config(i, config); err != nil {
		t.Fatal(err)
	}
	return i
}

func step(by string, l v1.Layer) mutate.Addendum {
	return mutate.Addendum{Layer: l, History: v1.History{CreatedBy: by, EmptyLayer: l == nil}}
}

func read(t *testing.T, i v1.Image) *Image {
	t.Helper()
	got, err := Read(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAnImageHoldsWhatItsLayersLeave(t *testing.T) {
	i := read(t, build(t, v1.Config{},
		step("base", layer(t, "etc/", "etc/a", "etc/b", "opt/", "opt/x/", "opt/x/1", "opt/x/2", "bin", "dir/", "dir/f")),
		step("ENV A=b", nil),
		step("RUN rm", layer(t, "etc/.wh.a", "opt/x/.wh..wh..opq", "opt/x/3", "dir", "etc/hard = etc/b")),
		step("RUN link", layer(t, "l -> /opt/x", "rel -> etc/b", "loop -> loop", "./etc/new")),
	))
	want := []string{"/bin", "/dir", "/etc", "/etc/b", "/etc/hard", "/etc/new", "/l", "/loop", "/opt", "/opt/x", "/opt/x/3", "/rel"}
	if diff := cmp.Diff(want, i.Below("/")); diff != "" {
		t.Error(diff)
	}
	if n, h, ok := i.Entry(i.Files["/opt/x/3"].Layer); n != 2 || h.CreatedBy != "RUN rm" || !ok {
		t.Errorf("entry %d %q", n, h.CreatedBy)
	}
	if i.Files["/etc/hard"].Sum != i.Files["/etc/b"].Sum {
		t.Error("a hard link is not what it links to")
	}
	for from, want := range map[string]string{"/l/3": "/opt/x/3", "/rel": "/etc/b", "/loop": "", "/none": "", "/l/none": ""} {
		got, _, found := i.Resolve(from)
		if found != (want != "") || (found && got != want) {
			t.Errorf("%s leads to %q, %t", from, got, found)
		}
	}
}

func TestAChangeNamesTheEntryThatBroughtIt(t *testing.T) {
	base := step("base", layer(t, "init", "opt/", "opt/a"))
	was := read(t, build(t, v1.Config{Entrypoint: []string{"/init"}, Env: []string{"PATH=/bin", "A=1"}}, base))
	is := read(t, build(t, v1.Config{Entrypoint: []string{"/bin/sh"}, Env: []string{"PATH=/usr/bin", "A=1"}, User: "hermes"}, base,
		step("/bin/sh -c #(nop)  ENV PATH=/usr/bin", nil),
		step("COPY init /init", layer(t, "init -> /opt/a")),
		step("RUN rm /opt/a", layer(t, "opt/.wh.a")),
		step(`ENTRYPOINT ["/bin/sh"]`, nil), step("USER hermes", nil)))
	var got []string
	for _, c := range Compare(was, is) {
		got = append(got, fmt.Sprintf("%d %s: %s => %s", c.Entry, c.Object, c.Was, c.Is))
	}
	want := []string{
		`4 ENTRYPOINT: ["/init"] => ["/bin/sh"]`,
		`5 USER:  => hermes`,
		`1 ENV PATH: /bin => /usr/bin`,
		`2 /init: file 0644 0:0 4 bytes ` + was.Files["/init"].Sum[:12] + ` => link 0777 0:0 to /opt/a`,
		`3 /opt/a: file 0644 0:0 5 bytes ` + was.Files["/opt/a"].Sum[:12] + ` => `,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if same := Compare(was, was); len(same) != 0 {
		t.Errorf("an image differs from itself: %v", same)
	}
}

func TestWhatTheLowestLayersHoldIsTheBase(t *testing.T) {
	whole := build(t, v1.Config{},
		step("base", layer(t, "init", "opt/", "opt/a")), step("RUN rm /opt/a", layer(t, "opt/.wh.a", "opt/b")))
	for layers, want := range [][]string{{}, {"/init", "/opt", "/opt/a"}, {"/init", "/opt", "/opt/b"}} {
		is, base, err := ReadWithBase(t.Context(), whole, layers)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, append([]string{}, base.Below("/")...)); diff != "" {
			t.Errorf("%d layers: %s", layers, diff)
		}
		if diff := cmp.Diff([]string{"/init", "/opt", "/opt/b"}, is.Below("/")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestImagesAreFoundInArchivesAndLayouts(t *testing.T) {
	image := build(t, v1.Config{User: "hermes"}, step("base", layer(t, "init")))
	dir := t.TempDir()
	archive := filepath.Join(dir, "i.tar")
	tag, err := name.NewTag("a:b")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(archive, tag, image); err != nil {
		t.Fatal(err)
	}
	oci, err := layout.Write(filepath.Join(dir, "oci"), empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := oci.AppendImage(image, layout.WithPlatform(v1.Platform{OS: "linux", Architecture: "amd64"})); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{Archive + archive, Layout + string(oci)} {
		got, err := Open(t.Context(), word, "")
		if err != nil {
			t.Fatal(err)
		}
		if i := read(t, got); i.Config.User != "hermes" || i.Files["/init"].Type != tar.TypeReg {
			t.Errorf("%s: got %+v", word, i)
		}
	}
	for word, want := range map[string]string{
		Archive + dir:                        "oci:FOLDER",
		Archive + filepath.Join(dir, "none"): "no such file",
		Layout + dir:                         "index.json",
		Registry + "A B":                     "could not parse reference",
	} {
		if _, err := Open(t.Context(), word, ""); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", word, err)
		}
	}
	if _, err := Open(t.Context(), Layout+string(oci), "arm64"); err == nil || !strings.Contains(err.Error(), `only for ["linux/amd64"]`) {
		t.Errorf("another platform: %v", err)
	}
}

func TestAnInterruptEndsTheReading(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	stop(errors.New("interrupted"))
	if _, err := Read(ctx, build(t, v1.Config{}, step("base", layer(t, "a")))); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
}
