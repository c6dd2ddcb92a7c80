package held

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// deep makes a chain of directories that is longer than any path may be.
func deep(t *testing.T, base string, levels int) {
	t.Helper()
	fd, err := openat(unix.AT_FDCWD, base, unix.O_PATH|unix.O_DIRECTORY, 0)
	must(t, err)
	for range levels {
		must(t, unix.Mkdirat(fd, "d", 0o755))
		next, err := openat(fd, "d", unix.O_PATH|unix.O_DIRECTORY, 0)
		must(t, err)
		closeFD(fd)
		fd = next
	}
	closeFD(fd)
}

func TestATreeIsRemovedHoweverDeepOrWide(t *testing.T) {
	clause.Proves(t, "BOOT-03")
	t.Parallel()
	base, outside := t.TempDir(), filepath.Join(t.TempDir(), "kept")
	must(t, os.WriteFile(outside, []byte("kept"), 0o600))
	root := filepath.Join(base, "tree")
	must(t, os.Mkdir(root, 0o755), os.Symlink(filepath.Dir(outside), filepath.Join(root, "link")))
	deep(t, root, 5000)
	for i := range 1500 {
		dir := filepath.Join(root, fmt.Sprintf("wide%d", i), "below")
		must(t, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	}
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	must(t, open(t, base, RefuseLinks).RemoveAll("tree"))
	if got := names(t, base); len(got) > 0 {
		t.Errorf("left: %q", got)
	}
	if content, _ := os.ReadFile(outside); string(content) != "kept" {
		t.Errorf("what a link led to is now %q", content)
	}
	for _, name := range []string{"tree", "missing/x"} {
		if err := open(t, base, RefuseLinks).RemoveAll(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s, which is not there: %v", name, err)
		}
	}
}
