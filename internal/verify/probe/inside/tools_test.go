//go:build linux

package inside

import (
	"crypto/md5" //nolint:gosec // as dpkg records it
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/verify/probe"
)

// image is a small system: folders for programs and libraries, and a package's record of some of them.
type image struct {
	system
	t    *testing.T
	root string
}

func newImage(t *testing.T) image {
	t.Helper()
	root := t.TempDir()
	s := system{
		path:      []string{filepath.Join(root, "local"), filepath.Join(root, "bin")},
		libraries: []string{filepath.Join(root, "locallib"), filepath.Join(root, "lib")},
		records:   filepath.Join(root, "info"),
	}
	for _, dir := range slices.Concat(s.path, s.libraries, []string{s.records}) {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return image{s, t, root}
}

func (i image) write(name, content string) {
	i.t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(i.root, name)), 0o755); err != nil {
		i.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(i.root, name), []byte(content), 0o755); err != nil { //nolint:gosec // a program
		i.t.Fatal(err)
	}
}

// brings writes what a package brought, as dpkg does.
func (i image) brings(pkg string, files map[string]string) {
	i.t.Helper()
	var b strings.Builder
	for name, content := range files {
		sum := md5.Sum([]byte(content)) //nolint:gosec // as dpkg records it
		b.WriteString(hex.EncodeToString(sum[:]) + "  " + strings.TrimPrefix(filepath.Join(i.root, name), "/") + "\n")
	}
	i.write("info/"+pkg+".md5sums", b.String())
}

func (i image) tool(name string) probe.Tool {
	i.t.Helper()
	list, err := i.tools([]string{name})
	if err != nil || len(list) == 0 || list[0].Name != name {
		i.t.Fatalf("got %+v, %v", list, err)
	}
	return list[0]
}

func TestAToolIsWhatItsPackageBrought(t *testing.T) {
	i := newImage(t)
	i.write("bin/ps", "good")
	i.brings("procps", map[string]string{"bin/ps": "good"})
	i.brings("other", map[string]string{"bin/ls": "good"})
	if got := i.tool("ps"); got.Strange() != "" || got.Package != "procps" {
		t.Errorf("got %+v: %s", got, got.Strange())
	}
	if got := i.tool("nothing"); got.Strange() != "" || got.Path != "" {
		t.Errorf("a program that is not there: %+v", got)
	}
}

func TestAStrangeToolIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		does func(i image)
		want string
	}{
		"one that hides it":           {func(i image) { i.write("local/ps", "liar") }, "local/ps\" is of no package"},
		"one in its place":            {func(i image) { i.write("bin/ps", "liar") }, "bin/ps\" is not what package \"procps\" brought"},
		"a package that nobody knows": {func(i image) { i.brings("procps", nil) }, "bin/ps\" is of no package"},
		"a link to another": {func(i image) {
			i.write("elsewhere", "liar")
			_ = os.Remove(filepath.Join(i.root, "bin/ps"))
			_ = os.Symlink("../elsewhere", filepath.Join(i.root, "bin/ps"))
		}, "elsewhere\", is of no package"},
		"a link to the good one, which hides it": {func(i image) { _ = os.Symlink("../bin/ps", filepath.Join(i.root, "local/ps")) }, ""},
		"a folder, which no search finds":        {func(i image) { _ = os.Mkdir(filepath.Join(i.root, "local/ps"), 0o755) }, ""},
		"a device":                               {func(i image) { _ = os.Symlink("/dev/zero", filepath.Join(i.root, "local/ps")) }, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newImage(t)
			i.write("bin/ps", "good")
			i.brings("procps", map[string]string{"bin/ps": "good"})
			c.does(i)
			if got := i.tool("ps").Strange(); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWithoutRecordsNothingIsKnown(t *testing.T) {
	i := newImage(t)
	i.write("bin/ps", "good")
	if _, err := i.tools([]string{"ps"}); err == nil || !strings.Contains(err.Error(), "no package has recorded") {
		t.Errorf("got %v", err)
	}
}

// The loader takes the first library of its name, one for newer processors before all.
func TestLibrariesAreFoundAsTheLoaderFindsThem(t *testing.T) {
	i := newImage(t)
	i.write("lib/libc.so", "good")
	last := func() string { list := i.candidates("libc.so"); return list[len(list)-1] }
	if got, want := last(), filepath.Join(i.root, "lib/libc.so"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	i.write("locallib/libc.so", "liar")
	i.write("lib/glibc-hwcaps/x86-64-v3/libc.so", "liar")
	if got, _ := tool("libc.so", i.candidates("libc.so")); got.Path != filepath.Join(i.root, "locallib/libc.so") {
		t.Errorf("got %+v", got)
	}
	if err := os.Remove(filepath.Join(i.root, "locallib/libc.so")); err != nil {
		t.Fatal(err)
	}
	if got, _ := tool("libc.so", i.candidates("libc.so")); !strings.Contains(got.Path, "glibc-hwcaps") {
		t.Errorf("got %+v", got)
	}
}

// The libraries and the loader of a real program are among the tools.
func TestNeededLibrariesAreToolsToo(t *testing.T) {
	content, err := os.ReadFile("/usr/bin/stat")
	if err != nil {
		t.Fatal(err)
	}
	names := needed(content)
	if !slices.Contains(names, "libc.so.6") || !slices.ContainsFunc(names, filepath.IsAbs) {
		t.Errorf("want libc and the loader among %q", names)
	}
	if got := needed([]byte("#!/bin/sh\n")); got != nil {
		t.Errorf("a script needs %q", got)
	}
}

func TestLoaderDirsAreThoseOfItsConfiguration(t *testing.T) {
	i := newImage(t)
	i.write("conf.d/b.conf", "# comment\n/usr/local/lib\n\n/opt/lib # mine\n")
	i.write("ld.so.conf", "/first\ninclude "+i.root+"/conf.d/*.conf\n/last\n")
	if got, want := loaderDirs(filepath.Join(i.root, "ld.so.conf")), []string{"/first", "/usr/local/lib", "/opt/lib", "/last"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatIsPreloadedIsNamed(t *testing.T) {
	i := newImage(t)
	list := filepath.Join(i.root, "ld.so.preload")
	if got := preloaded(list, []string{"PATH=/bin", "LD_PRELOAD="}); got != nil {
		t.Errorf("got %q", got)
	}
	i.write("ld.so.preload", "/usr/lib/liar.so\n")
	got := preloaded(list, []string{"LD_LIBRARY_PATH=/opt/liars"})
	if len(got) != 2 || !strings.HasSuffix(got[0], ": /usr/lib/liar.so") || got[1] != "LD_LIBRARY_PATH=/opt/liars" {
		t.Errorf("got %q", got)
	}
}

func TestExposedIsWhatOthersMayChange(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make files of root")
	}
	i := newImage(t)
	i.write("tree/good", "")
	i.write("tree/deep/hidden", "")
	if err := os.Symlink("nowhere", filepath.Join(i.root, "tree/link")); err != nil {
		t.Fatal(err)
	}
	if a, err := ask(t, probe.Exposed, filepath.Join(i.root, "tree")); err != nil || len(a.Files) != 0 {
		t.Fatalf("got %+v, %v", a, err)
	}
	for path, change := range map[string]func(string) error{
		"tree/good":        func(p string) error { return os.Chmod(p, 0o666) },
		"tree/deep":        func(p string) error { return os.Chmod(p, 0o700) },
		"tree/deep/hidden": func(p string) error { return os.Chown(p, 4711, 0) },
	} {
		if err := change(filepath.Join(i.root, path)); err != nil {
			t.Fatal(err)
		}
	}
	a, err := ask(t, probe.Exposed, filepath.Join(i.root, "tree"))
	if err != nil || len(a.Files) != 3 || a.Cut {
		t.Fatalf("got %+v, %v", a, err)
	}
	if _, err := ask(t, probe.Exposed, filepath.Join(i.root, "none")); err == nil {
		t.Error("a tree that is not there is no error")
	}
}
