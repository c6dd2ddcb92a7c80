package s6

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// Notify sends letters in one write to every subscriber of an event directory
// from OpenList. It never blocks: dead fifos are unlinked, full ones are
// passed over. The error says that the directory could not be read.
//
// spec: SUP-21.
func (d *Dir) Notify(letters string) error {
	return d.eachSubscriber(func(fd int) error {
		_, err := unix.Write(fd, []byte(letters))
		return err
	})
}

// CleanFifos unlinks the fifos of dead subscribers.
func (d *Dir) CleanFifos() error {
	return d.eachSubscriber(func(int) error { return nil })
}

// eachSubscriber opens the fifos of the subscribers; one whose reader is gone
// when it is opened or used is unlinked.
func (d *Dir) eachSubscriber(use func(fd int) error) error {
	return d.EachName(func(name string) {
		if !strings.HasPrefix(name, EventFifoPrefix) || len(name) != EventFifoNameLen {
			return
		}
		fd, err := retry(func() (int, error) {
			return unix.Openat(d.fd, name, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		})
		if err == nil {
			if isFifo(fd) {
				err = use(fd)
			}
			_ = unix.Close(fd)
		}
		if errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EPIPE) {
			_ = unix.Unlinkat(d.fd, name, 0) // a fifo that stays is tried again
		}
	})
}

func isFifo(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO
}
