package supervise

import (
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/launch"
)

// errNoExec is for a binary, and for a file that nobody may execute.
var errNoExec = fmt.Errorf("%w: not executable, or a binary on a noexec mount", fs.ErrPermission)

// interpreter is the command line that the kernel would make for the script at
// path, whose x bit counts for nothing on a noexec mount.
//
// spec: SUP-27
func interpreter(dir *held.Dir, path string, argv []string) ([]string, error) {
	f, err := dir.Open(path, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
		if words := launch.Script(f, path, argv); words != nil {
			return words, nil
		}
	}
	return nil, fmt.Errorf("cannot execute %q: %w", path, errNoExec)
}
