package setup

import (
	"fmt"
	"slices"
	"strings"

	"caduceus/internal/front/mounts"
)

// warnAboutFileSystem warns about a file system on which the locks of SQLite may not work.
//
// contract: SETUP-35
func (j *job) warnAboutFileSystem() {
	if j.Root != "" {
		return
	}
	if kind := mounts.Of(mounts.Table(), j.home).Kind; isRemote(kind) {
		j.warn("%s is on %s: SQLite databases may be damaged there; use a local volume", j.home, kind)
	}
}

func isRemote(kind string) bool {
	return kind == "fuse" || strings.HasPrefix(kind, "fuse.") || strings.HasPrefix(kind, "nfs") ||
		slices.Contains([]string{"9p", "virtiofs", "cifs", "smb3", "smbfs", "fuseblk", "fakeowner"}, kind)
}

func megabytes(size uint64) string { return fmt.Sprintf("%d MiB", size>>20) }
