package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/mounts"
)

// gatewayLogs looks for files that a gateway's logger cannot write: it then goes on without them.
//
// contract: LOG-05
func gatewayLogs(_ context.Context, c Container) []Finding {
	root := c.Home.Root()
	if c.NoBoot || readOnly(root) {
		return nil // a boot repairs them, or another check says why nothing can be written
	}
	names, _ := c.Home.Names()
	var found []Finding
	for _, name := range names {
		dir := filepath.Join(root, "logs/gateways", name)
		for _, path := range []string{dir, filepath.Join(dir, "current"), filepath.Join(dir, "lock")} {
			if cause := unwritable(path); cause != "" {
				found = append(found, Finding{
					"profile " + name, fmt.Sprintf("its log goes to stdout only: hermes cannot write %s (%s)", mounts.Word(path), cause),
					"docker restart this container, if it starts as root: the boot gives it to hermes; or chown it on the host",
				})
				break
			}
		}
	}
	return found
}

// unwritable is why the caller's file rights do not let it write what is at path, "" if they do. Nothing is as good as
// what its directory allows.
func unwritable(path string) string {
	err := unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS)
	if errors.Is(err, fs.ErrNotExist) {
		return "" // the logger makes it, or fails at its directory, which is looked at, too
	}
	if err == nil {
		return ""
	}
	if info, statErr := os.Stat(path); statErr == nil {
		if uid, ok := ownerOf(info); ok && errors.Is(err, fs.ErrPermission) {
			return fmt.Sprintf("it belongs to uid %d, mode %04o", uid, info.Mode().Perm())
		}
	}
	return err.Error()
}
