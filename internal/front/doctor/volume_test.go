package doctor

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func TestAFullDiskIsFound(t *testing.T) {
	clause.Proves(t, "STATUS-04")
	for name, c := range map[string]struct {
		disk unix.Statfs_t
		want string
	}{
		"room":          {unix.Statfs_t{Bsize: 4096, Bavail: 4096, Files: 9, Ffree: 1}, ""},
		"one block off": {unix.Statfs_t{Bsize: 4096, Bavail: 4095, Files: 9, Ffree: 1}, "16380 KiB are free"},
		"full":          {unix.Statfs_t{Bsize: 4096, Files: 9, Ffree: 1}, "0 KiB"},
		"no inodes":     {unix.Statfs_t{Bsize: 4096, Bavail: 1 << 20, Files: 9}, "no inode left"},
		"none counted":  {unix.Statfs_t{Bsize: 4096, Bavail: 1 << 20}, ""},
		"huge":          {unix.Statfs_t{Bsize: 1 << 20, Bavail: 1 << 40}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lackOfRoom(c.disk); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("want %q in %q", c.want, got)
			}
		})
	}
}
