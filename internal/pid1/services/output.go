package services

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// output is the terminal or pipe behind f, opened once more for the
// services. O_NONBLOCK belongs to the open file, not to the descriptor, and
// s6-log sets it on its standard output: a main program that shared the open file
// would see its reads and writes fail with EAGAIN. What cannot be opened again, a
// socket say, is shared; a regular file is, too, for the sake of its one offset.
func output(f *os.File) *os.File {
	info, err := f.Stat()
	if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) == 0 {
		return f
	}
	// Not os.OpenFile: it would set O_NONBLOCK itself.
	fd, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), unix.O_WRONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return f
	}
	return os.NewFile(uintptr(fd), f.Name())
}
