package scan

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// The kernel reports a removal at once; nothing looks now and then.
func TestARemovalIsSeenAtOnce(t *testing.T) {
	clause.Proves(t, "SUP-56")
	seen := make(chan struct{}, 64)
	w := newWatcher(func() { seen <- struct{}{} })
	defer w.close()
	w.poll.Do(func() {}) // so that only the kernel can report it
	root := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.add(root)
	w.add(root)
	if len(w.dirs) != 1 {
		t.Errorf("one directory is watched %d times", len(w.dirs))
	}
	told := func(what string) {
		t.Helper()
		select {
		case <-seen:
		case <-time.After(30 * time.Second):
			t.Fatalf("not told of %s", what)
		}
	}
	for _, name := range []string{"a", "b"} {
		if err := os.Remove(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
		told("the removal of " + name)
	}
	if err := os.Rename(filepath.Join(root, "c"), filepath.Join(t.TempDir(), "c")); err != nil {
		t.Fatal(err)
	}
	told("the move of c")
}

func TestRemovedDirectoriesAreNotWatched(t *testing.T) {
	clause.Proves(t, "SUP-87", "SUP-89")
	w := newWatcher(func() {})
	root := t.TempDir()
	for range 5 {
		dir := filepath.Join(root, "again")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		w.add(dir)
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
	}
	w.add(root)
	if len(w.dirs) != 1 {
		t.Errorf("%d directories are held, one is there", len(w.dirs))
	}
	for _, fd := range w.dirs {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("a watched directory is inherited by children: %v", err)
		}
	}
	w.close()
	if len(w.dirs) != 0 {
		t.Error("close holds on to directories")
	}
}
