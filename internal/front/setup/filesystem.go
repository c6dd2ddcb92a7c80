package setup

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// warnAboutFileSystem warns about a file system on which the locks of SQLite may not work.
//
// contract: SETUP-35
func (j *job) warnAboutFileSystem() {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || j.Root != "" {
		return
	}
	if kind := fileSystem(string(table), j.home); isRemote(kind) {
		j.warn("%s is on %s: SQLite databases may be damaged there; use a local volume", j.home, kind)
	}
}

// fileSystem returns the type of the file system at path, from the text of mountinfo. Of several mounts on one directory
// the last one counts: it covers the others.
func fileSystem(mountinfo, path string) string {
	var best, kind string
	for _, m := range parseMounts(mountinfo) {
		if within(path, m.point) && len(m.point) >= len(best) {
			best, kind = m.point, m.kind
		}
	}
	return kind
}

func within(path, dir string) bool {
	return dir == "/" || path == dir || strings.HasPrefix(path, dir+"/")
}

func isRemote(kind string) bool {
	return kind == "fuse" || strings.HasPrefix(kind, "fuse.") || strings.HasPrefix(kind, "nfs") ||
		slices.Contains([]string{"9p", "virtiofs", "cifs", "smb3", "smbfs", "fuseblk", "fakeowner"}, kind)
}

func megabytes(size uint64) string { return fmt.Sprintf("%d MiB", size>>20) }
