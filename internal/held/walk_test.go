package held

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func TestATreeIsWalkedHoweverDeepOrWide(t *testing.T) {
	clause.Proves(t, "SETUP-14")
	base := t.TempDir()
	root := filepath.Join(base, "tree")
	must(t, os.Mkdir(root, 0o755))
	const depth = 3000
	deep(t, root, depth)
	for i := range 100 {
		for _, dir := range []string{"wide", "d/d/wide", strings.Repeat("d/", 60) + "wide"} {
			dir = filepath.Join(root, dir, fmt.Sprint(i))
			must(t, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
		}
	}
	d := open(t, base, RefuseLinks)
	seen, files, most, longest := 0, 0, 0, 0
	before := descriptors(t)
	err := d.Walk(t.Context(), "tree", nil, func(e Entry) error {
		seen++
		if !e.IsDir() {
			files++
		}
		if seen%50 == 0 {
			most = max(most, descriptors(t)-before)
		}
		longest = max(longest, len(e.Path()))
		return nil
	})
	if err != nil || files != 300 || seen != 1+depth+3+600 {
		t.Errorf("visited %d entries, %d of them files, %v", seen, files, err)
	}
	if most > heldLevels+8 {
		t.Errorf("%d descriptors were open", most)
	}
	if longest != len("tree")+2*depth {
		t.Errorf("the longest path has %d bytes", longest)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	must(t, d.RemoveAll("tree"))
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(entries)
}

func TestAWalkEndsWithItsContext(t *testing.T) {
	t.Parallel()
	base := tree(t)
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	err := open(t, base, RefuseLinks).Walk(ctx, ".", nil, func(Entry) error { seen++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || seen != 1 {
		t.Errorf("visited %d entries, %v", seen, err)
	}
}

// A directory that is moved while Walk is below it leads Walk nowhere else.
func TestAWalkDoesNotComeBackElsewhere(t *testing.T) {
	clause.Proves(t, "SETUP-14")
	t.Parallel()
	base := t.TempDir()
	root := filepath.Join(base, "tree")
	must(t, os.MkdirAll(filepath.Join(root, "z"), 0o755), os.MkdirAll(filepath.Join(base, "outside/below"), 0o755))
	deep(t, root, 60)
	top := filepath.Join(root, strings.Repeat("d/", 50))
	moved := false
	seen := map[string]bool{}
	err := open(t, base, RefuseLinks).Walk(t.Context(), "tree", nil, func(e Entry) error {
		seen[e.Name] = true
		if strings.Count(e.Path(), "/") == 59 && !moved {
			moved = true
			return os.Rename(filepath.Join(top, "d"), filepath.Join(base, "outside/d"))
		}
		return nil
	})
	if !moved || !errors.Is(err, ErrMoved) {
		t.Errorf("moved %t, got %v", moved, err)
	}
	if seen["outside"] || seen["below"] || !seen["z"] {
		t.Errorf("visited %v", seen)
	}
}

func TestAWalkOfOneMountVisitsMountPointsAndGoesNoFurther(t *testing.T) {
	clause.Proves(t, "SETUP-40")
	needRoot(t)
	base := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(base, "host/below"), 0o755), os.MkdirAll(filepath.Join(base, "home/tree/mounted"), 0o755))
	for _, file := range []string{"host/below/x", "home/tree/file", "home/tree/plain"} {
		must(t, os.WriteFile(filepath.Join(base, file), nil, 0o600))
	}
	bind(t, filepath.Join(base, "host"), filepath.Join(base, "home/tree/mounted")) // of the same file system
	bind(t, filepath.Join(base, "host/below/x"), filepath.Join(base, "home/tree/file"))
	home, err := open(t, filepath.Join(base, "home"), RefuseLinks).OneMount()
	must(t, err)
	got := map[string]bool{}
	must(t, home.Walk(t.Context(), ".", nil, func(e Entry) error {
		got[e.Path()] = e.Mount
		return nil
	}))
	want := map[string]bool{".": false, "./tree": false, "./tree/mounted": true, "./tree/file": true, "./tree/plain": false}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("want %v, got %v", want, got)
	}
	for name, want := range map[string]error{
		"tree/mounted": ErrMount, "tree/mounted/below": ErrMount, "tree/mounted/below/x": ErrMount, "tree/file": ErrMount,
		"tree/plain": nil, "tree": nil, "..": unix.EXDEV, "tree/none": fs.ErrNotExist,
	} {
		if err := home.Chmod(name, 0o600); !errors.Is(err, want) {
			t.Errorf("%s: want %v, got %v", name, want, err)
		}
		fd, err := home.openByElement(name, unix.O_PATH, 0)
		if err == nil {
			closeFD(fd)
		}
		if !errors.Is(err, want) {
			t.Errorf("%s by element: want %v, got %v", name, want, err)
		}
	}
	for name, want := range map[string]bool{"tree/mounted": true, "tree/file": true, "tree/plain": false} {
		if _, is, err := open(t, filepath.Join(base, "home"), RefuseLinks).LstatMount(name); err != nil || is != want {
			t.Errorf("%s is a mount: %t, %v", name, is, err)
		}
	}
}

// The two ways to find a mount must agree.
func TestMountsAreFoundWithoutStatx(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"/", "/proc", "/dev", t.TempDir()} {
		d := open(t, dir, RefuseLinks)
		want, err := mountOf(d.fd)
		must(t, err)
		if got, ok := mountInProc(d.fd); !ok || got != want {
			t.Errorf("%s: want %v, got %v", dir, want, got)
		}
	}
}

func bind(t *testing.T, from, to string) {
	t.Helper()
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("cannot mount here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(to, unix.MNT_DETACH) })
}
