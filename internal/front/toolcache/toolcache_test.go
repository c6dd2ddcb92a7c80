package toolcache

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func TestCachesLieWhereProgramsCanBeExecuted(t *testing.T) {
	clause.Proves(t, "TOOL-19")
	for name, c := range map[string]struct {
		tmp, volume uintptr // flags of a mount; 0: none
		want        Place
	}{
		"both execute":     {0, 0, Place{}},
		"tmp does not":     {unix.MS_NOEXEC, 0, Place{Moved: true, Why: "is mounted noexec", Link: true}},
		"neither does":     {unix.MS_NOEXEC, unix.MS_NOEXEC, Place{Why: "is mounted noexec", Link: true}},
		"the volume alone": {0, unix.MS_NOEXEC, Place{}},
		"tmp is read-only": {unix.MS_RDONLY, 0, Place{Moved: true, Why: "cannot be written"}},
		"tmp takes nothing, and the volume executes nothing": {unix.MS_RDONLY, unix.MS_NOEXEC, Place{Why: "cannot be written"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for dir, flags := range map[string]uintptr{"tmp": c.tmp, "data": c.volume} {
				path := filepath.Join(root, dir)
				if err := os.Mkdir(path, 0o777); err != nil {
					t.Fatal(err)
				}
				if flags == 0 {
					continue
				}
				if err := unix.Mount("tmpfs", path, "tmpfs", flags, ""); err != nil {
					t.Skip("cannot mount here: ", err)
				}
				t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
			}
			if got := Find(root, "/data"); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}
