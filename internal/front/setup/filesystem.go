package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// warnAboutFileSystem names a file system on which SQLite's locks are not to be trusted.
//
// contract: SETUP-35
func (j *job) warnAboutFileSystem() {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || j.Root != "" {
		return
	}
	if kind := fileSystem(string(table), j.home); remote(kind) {
		j.warn("%s is on %s: SQLite databases may be damaged there; use a local volume", j.home, kind)
	}
}

// fileSystem is the type of the mount that path lies on. Of mounts on the same place the last one
// counts: it covers the others.
func fileSystem(mountinfo, path string) string {
	var best, kind string
	for line := range strings.Lines(mountinfo) {
		before, after, found := strings.Cut(line, " - ")
		fields, rest := strings.Fields(before), strings.Fields(after)
		if !found || len(fields) < 5 || len(rest) == 0 {
			continue
		}
		if point := unescape(fields[4]); within(path, point) && len(point) >= len(best) {
			best, kind = point, rest[0]
		}
	}
	return kind
}

// unescape undoes the kernel's octal escapes of blanks and backslashes.
func unescape(point string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(point)
}

func within(path, dir string) bool {
	return dir == "/" || path == dir || strings.HasPrefix(path, dir+"/")
}

func remote(kind string) bool {
	return kind == "fuse" || strings.HasPrefix(kind, "fuse.") || strings.HasPrefix(kind, "nfs") ||
		slices.Contains([]string{"9p", "virtiofs", "cifs", "smb3", "smbfs", "fuseblk", "fakeowner"}, kind)
}

// warnAboutNode names a Node.js that an installation on the host has left in the volume.
//
// contract: TOOL-17
func (j *job) warnAboutNode(context.Context, *volume) error {
	dir := path.Join(j.home, "node")
	for _, program := range []string{dir + "/bin/node", dir + "/node"} {
		info, err := os.Stat(j.real(program))
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			j.warn("%s outranks the image's Node.js for the agent; move %s away to use the image's", program, dir)
			break
		}
	}
	return nil
}

// probe finds out, by doing it, whether H can be written.
func (j *job) probe() error {
	f, err := os.CreateTemp(j.real(j.home), ".write-test-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func isReadOnly(err error) bool { return errors.Is(err, unix.EROFS) }

func megabytes(size uint64) string { return fmt.Sprintf("%d MiB", size>>20) }
