package scan

import (
	"os"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/s6"
)

// Descriptors of a service: its directory, event/, supervise/, the lock and both ends of control. A logger has the same,
// and two ends of the pipe.
const (
	ownDescriptors = 6
	logDescriptors = ownDescriptors + 2
	lookDescriptor = 1 // while a scan looks at it again
)

// reservedDescriptors are kept for all else: what starts programs, output with a prefix, the look at a scandir.
const reservedDescriptors = 192

// enoughFiles is a limit with room for all services that there may be.
const enoughFiles = 16384

// descriptorsOf is how many a service takes.
func descriptorsOf(dir *held.Dir) int {
	if dir.Exists(s6.LogDir) {
		return lookDescriptor + ownDescriptors + logDescriptors
	}
	return lookDescriptor + ownDescriptors
}

// freeDescriptors is how many new services may take: without the rest no program could be started any more, CMD
// neither.
//
// spec: SUP-123
func freeDescriptors() int {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return enoughFiles // nobody can tell: EMFILE will
	}
	return openLimit() - len(open) - reservedDescriptors
}

// sayCrowded names the services that there was no room for, where their number has changed.
func (s *Scandir) sayCrowded() {
	if n := len(s.crowded); n != s.said {
		s.said = n
		if n > 0 {
			s.opt.Log.Warnf("skipped %d services, %.64q first: a limit of %d open files has no room, as a service takes %d, with a logger %d; "+
				"start the container with --ulimit nofile=%d", n, s.crowded[0], openLimit(), ownDescriptors, ownDescriptors+logDescriptors, enoughFiles)
		}
	}
}

// openLimit is the soft limit of this process, which the Go runtime has made the hard one; programs get the one
// that this process was started with.
func openLimit() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return enoughFiles
	}
	return int(min(limit.Cur, 1<<30))
}
