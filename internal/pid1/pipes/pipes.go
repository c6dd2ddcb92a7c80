package pipes

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"caduceus/internal/procfs"
)

// errLost: no process that can be looked at has the pipe any more.
var errLost = errors.New("nobody has it open")

// Kind is what a pipe is for.
type Kind uint8

const (
	// Lasting makes the write end read as well.
	Lasting Kind = 1 << iota
	// Own keeps the read end in this process: its reads have deadlines. Otherwise it blocks, as programs expect.
	Own
)

// New makes a pipe.
func New(kind Kind) (r, w *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, err
	}
	if err := unix.SetNonblock(fds[0], kind&Own != 0); err != nil {
		_, _ = unix.Close(fds[0]), unix.Close(fds[1])
		return nil, nil, err
	}
	if kind&Lasting != 0 {
		if both, err := unix.Open(path("self", fds[1]), unix.O_RDWR|unix.O_CLOEXEC, 0); err == nil {
			_ = unix.Close(fds[1]) // nothing was written
			fds[1] = both
		} // else it is as other pipes are
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// Inode returns the number that distinguishes a pipe from others; 0 if f is not a pipe.
func Inode(f *os.File) (inode uint64) {
	if f == nil {
		return 0
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	_ = conn.Control(func(fd uintptr) { inode = inodeOf(int(fd)) })
	return inode
}

func inodeOf(fd int) uint64 {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return 0
	}
	return st.Ino
}

// Reopen opens both ends of a pipe that a process has open, most likely as its descriptor fd.
func Reopen(kind Kind, inode uint64, pid, fd int) (r, w *os.File, err error) {
	held := open(inode, strconv.Itoa(pid), fd)
	if held < 0 {
		held = search(inode)
	}
	if held < 0 {
		return nil, nil, fmt.Errorf("cannot open pipe %d: %w", inode, errLost)
	}
	defer func() { _ = unix.Close(held) }()
	in, err := unix.Open(path("self", held), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot open pipe %d: %w", inode, err)
	}
	out, err := unix.Open(path("self", held), unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		_ = unix.Close(in)
		return nil, nil, fmt.Errorf("cannot open pipe %d: %w", inode, err)
	}
	if kind&Own == 0 {
		_ = unix.SetNonblock(in, false) // the open alone must not wait
	}
	return os.NewFile(uintptr(in), "pipe"), os.NewFile(uintptr(out), "pipe"), nil
}

// search looks for a pipe in all processes.
func search(inode uint64) (fd int) {
	for _, pid := range procfs.Pids(procfs.Root) {
		owner := strconv.Itoa(pid)
		list, err := os.Open(procfs.Root + "/" + owner + "/fd")
		if err != nil {
			continue
		}
		names, _ := list.Readdirnames(-1) // what was read before an error counts
		_ = list.Close()
		for _, name := range names {
			number, err := strconv.Atoi(name)
			if err != nil {
				continue
			}
			if fd := open(inode, owner, number); fd >= 0 {
				return fd
			}
		}
	}
	return -1
}

// open holds descriptor fd of a process without opening what is behind it, if that is the pipe; else -1.
func open(inode uint64, owner string, fd int) int {
	held, err := unix.Open(path(owner, fd), unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	if inodeOf(held) != inode || !isAnonymous(owner, fd) {
		_ = unix.Close(held)
		return -1
	}
	return held
}

// isAnonymous reports whether a descriptor is a pipe without a name: a fifo of a file system may have the same inode.
func isAnonymous(owner string, fd int) bool {
	target, err := os.Readlink(path(owner, fd))
	return err == nil && len(target) > 5 && target[:5] == "pipe:"
}

func path(owner string, fd int) string {
	return procfs.Root + "/" + owner + "/fd/" + strconv.Itoa(fd)
}
