package userfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/mounts"
	"caduceus/internal/identity"
)

// Names are those of a profile's directory, in the order in which boot and doctor look at them.
func Names() []string { return []string{".env", "config.yaml", "SOUL.md", "auth.json"} }

// Problem is why a file cannot be used, and what mends that.
type Problem struct{ Cause, Fix string }

// String is the problem as a line of the boot says it.
func (p Problem) String() string { return p.Cause + "; " + p.Fix }

// Look judges one file. root is the prefix of every path, for tests; table has the mounts of the container, and hermes is who has
// to read the file. nil: it is as it should be, or missing.
func Look(root, path string, table []mounts.Mount, hermes identity.Account) *Problem {
	at := filepath.Join("/", root, path)
	info, err := os.Stat(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	mount := mountAt(table, at)
	switch {
	case err == nil && info.IsDir():
		return directory(path, mount)
	case err == nil && !info.Mode().IsRegular():
		return &Problem{path + " is not a regular file", "put a file of user hermes there"}
	case mount != nil && strings.HasSuffix(mount.Source, "//deleted"):
		return replaced(path, *mount)
	}
	if err == nil {
		err = open(at)
	}
	if err == nil {
		return nil
	}
	return unreadable(path, info, cause(err), mount, hermes)
}

// Writable returns why a file that is a mount of its own cannot be written in place: nil if it can, or is no mount, or is missing.
func Writable(root, path string, table []mounts.Mount, hermes identity.Account) *Problem {
	at := filepath.Join("/", root, path)
	mount := mountAt(table, at)
	if mount == nil {
		return nil
	}
	f, err := os.OpenFile(at, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	switch {
	case err == nil:
		_ = f.Close() // nothing was written
		return nil
	case mount.ReadOnly, errors.Is(err, unix.EROFS): // who may not write gets another error first
		return &Problem{path + " is mounted read-only", "mount it without \":ro\""}
	}
	info, _ := os.Stat(at)
	return &Problem{
		fmt.Sprintf("hermes cannot write %s: %v, a mount of its own%s", path, cause(err), ofWhom(info)),
		mendOwner(*mount, info, hermes),
	}
}

// mountAt is the mount whose point is path; of several the last one, which covers the others.
func mountAt(table []mounts.Mount, path string) (found *mounts.Mount) {
	for _, m := range table {
		if m.Point == path {
			found = &m
		}
	}
	return found
}

func open(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a fifo must not hang it
	if err == nil {
		_ = f.Close() // nothing was written
	}
	return err
}

// directory: an engine makes a directory of a file's name if that is to be mounted and not there.
func directory(path string, mount *mounts.Mount) *Problem {
	if mount == nil {
		return &Problem{path + " is a directory, where a file belongs", "move it away, or remove it if it is empty: rmdir " + mounts.Word(path)}
	}
	source := mount.Named()
	return &Problem{
		path + " is a directory: the engine made it on the host, as the file to mount was not there",
		fmt.Sprintf("remove the container, and on the host: rmdir %s && touch %[1]s; then start it again", source),
	}
}

// replaced: who mounts a file mounts what the name stood for at the start.
func replaced(path string, mount mounts.Mount) *Problem {
	return &Problem{
		fmt.Sprintf("%s was replaced on the host (%s): this container still has the file from before", path, strings.TrimSuffix(mount.Source, "//deleted")),
		"docker restart this container; a mounted directory shows such changes at once",
	}
}

func unreadable(path string, info fs.FileInfo, why error, mount *mounts.Mount, hermes identity.Account) *Problem {
	if mount == nil {
		return &Problem{fmt.Sprintf("hermes cannot read %s: %v%s", path, why, ofWhom(info)), "make it a file that belongs to user hermes, mode 600"}
	}
	return &Problem{
		fmt.Sprintf("hermes cannot read %s: %v, a mount of its own%s", path, why, ofWhom(info)),
		mendOwner(*mount, info, hermes),
	}
}

// ofWhom are owner and mode of a file.
func ofWhom(info fs.FileInfo) string {
	if info == nil {
		return ""
	}
	return fmt.Sprintf(" (of uid %d, mode %o)", owner(info), info.Mode().Perm())
}

// mendOwner is what gives a mounted file to hermes, or hermes its ids. Nobody but the operator changes what is the host's.
func mendOwner(mount mounts.Mount, info fs.FileInfo, hermes identity.Account) string {
	fix := fmt.Sprintf("on the host: chown %d:%d %s && chmod u+rw %[3]s", hermes.UID, hermes.GID, mount.Named())
	if info != nil && identity.ValidID(owner(info)) {
		fix += fmt.Sprintf("; or start the container with -e HERMES_UID=%d", owner(info))
	}
	return fix
}

func owner(info fs.FileInfo) uint32 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Uid
	}
	return 0
}

// cause is the errno of an error, as the line has the path already.
func cause(err error) error {
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		return errno
	}
	return err
}
