package setup

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"caduceus/internal/identity"
)

// tryWrite returns an error if this thread cannot write in home. It tries, as modes do not show a read-only mount: by a file
// without a name, which leaves no trace, where the file system has such files.
func (j *job) tryWrite() error {
	fd, err := unix.Open(j.inRoot(j.home), unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err == nil {
		return unix.Close(fd)
	}
	if !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.ENOENT) {
		return &os.PathError{Op: "open", Path: j.home, Err: err}
	}
	f, err := os.CreateTemp(j.inRoot(j.home), ".write-test-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// notWritable returns the warning for a volume that cannot be written, with the fix.
//
// contract: SETUP-17
func (j *job) notWritable(err error) string {
	who := "unknown"
	o := owner(j.inRoot(j.home))
	if o != nil {
		who = o.String()
	}
	line := fmt.Sprintf("uid %d cannot write %s (owner %s): %v. ", j.writerUID(), j.home, who, cause(err))
	if j.writerUID() == int(j.hermes.UID) {
		line = "hermes, " + line
	}
	switch {
	case j.start != 0:
		return line + "Start the container with --user 0:0, or leave out the final USER of a derived image, so that it can be repaired."
	case o != nil && identity.ValidID(o.UID):
		return line + fmt.Sprintf("Set HERMES_UID=%d and HERMES_GID=%d, the owner of the volume.", o.UID, o.GID)
	}
	return line + "Set HERMES_UID and HERMES_GID to the ids that may write it."
}

// writerUID returns the uid with which the volume is written.
func (j *job) writerUID() int {
	if j.start != 0 {
		return j.start
	}
	return int(j.hermes.UID)
}
