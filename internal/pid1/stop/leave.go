package stop

import (
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"caduceus/internal/launch"
	"caduceus/internal/pid1/container"
	"caduceus/internal/s6"
)

// leave ends the container: it returns the exit code, unless a script takes the place of the init.
func (s *sequence) leave() int {
	if s.settings.SyncDisks {
		unix.Sync()
	}
	code := s.Exit.Final()
	s.Log.Flush(flushGrace)
	return Replace(s.Container, "finish", code)
}

// Replace executes a program of the scandir, finish or crash, in place of this one. Where there is
// none, it returns code.
//
// spec: SUP-59
func Replace(c *container.Container, name string, code int) int {
	if !c.Services.Opened() {
		return code
	}
	file := filepath.Join(c.Services.Dir(), s6.SvscanDir, name)
	if _, err := os.Lstat(file); err != nil {
		return code
	}
	if err := os.Chdir(c.Services.Dir()); err != nil {
		return code
	}
	err := launch.Exec(file, []string{file}, c.Environ)
	c.Errorf("cannot execute %q: %v", file, err)
	c.Log.Flush(flushGrace)
	if name == "crash" {
		return launch.ErrorCode(err)
	}
	return Replace(c, "crash", launch.NotFound)
}

// cmdCode is the container's exit code for the way CMD ended. A CMD that dies of the TERM which the
// stop sent did as it was asked; one that gets the signals of the container itself (receives) may
// have had TERM from somebody else.
//
// spec: SUP-76
func cmdCode(ws syscall.WaitStatus, stopping, receives bool) int {
	if ws.Signaled() && ws.Signal() == syscall.SIGTERM && stopping && !receives {
		return 0
	}
	return launch.Code(ws)
}
