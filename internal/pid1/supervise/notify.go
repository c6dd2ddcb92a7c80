package supervise

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/s6"
)

// notify sends letters in one write to every subscriber of an event directory; no letters only clean it. It never
// waits: fifos of dead subscribers are unlinked, full ones are passed over. The error says that the directory
// could not be read.
//
// spec: SUP-21
func notify(event *held.Dir, letters string) error {
	event = event.WithLinks(held.RefuseLinks)
	return event.EachName(func(name string) {
		if !strings.HasPrefix(name, s6.EventFifoPrefix) || len(name) != s6.EventFifoNameLen {
			return
		}
		err := event.WriteFifo(name, []byte(letters))
		if errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EPIPE) {
			_ = event.Remove(name) // a fifo that stays is tried again
		}
	})
}
