package measure

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"caduceus/internal/rig"
)

// Real-time priorities of the watcher, and of the inits where they have one.
const (
	watcherPriority = 20
	initPriority    = 10
)

// moment is a reading of the kernel's monotonic clock in nanoseconds: the same in all processes.
type moment int64

func now() moment {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // cannot fail for this clock
	return moment(ts.Nano())
}

// sighting is one record of the watcher: file Index was opened. With Index -1 it is ready.
type sighting struct {
	Index int64
	At    moment
}

// watcher is a process of its own: its only goroutine holds its thread and its processor while it
// waits, so that nothing but the kernel's wake-up lies between an event and its moment, whatever the
// rig does meanwhile. It runs before others, if the host allows it: else, under load,
// a moment would be the one at which the watcher was scheduled.
func watcher(files []string) error {
	runtime.LockOSThread()
	_ = rig.Realtime(watcherPriority) // less exact without
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return fmt.Errorf("cannot watch programs: %w", err)
	}
	index := map[int32]int64{}
	for i, file := range files {
		wd, err := unix.InotifyAddWatch(fd, file, unix.IN_OPEN)
		if err != nil {
			return fmt.Errorf("cannot watch %q: %w", file, err)
		}
		index[int32(wd)] = int64(i)
	}
	report(sighting{Index: -1})
	var buf [16 << 10]byte
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&buf)), uintptr(len(buf)))
		at := now()
		switch {
		case errno == unix.EINTR:
			continue
		case errno != 0:
			return errno
		}
		for b := buf[:n]; len(b) >= unix.SizeofInotifyEvent; {
			wd, mask := int32(binary.NativeEndian.Uint32(b)), binary.NativeEndian.Uint32(b[4:])
			if mask&unix.IN_Q_OVERFLOW != 0 {
				return fmt.Errorf("cannot watch programs: the kernel lost events")
			}
			report(sighting{index[wd], at})
			b = b[unix.SizeofInotifyEvent+binary.NativeEndian.Uint32(b[12:]):]
		}
	}
}

// report writes to the process that measures, which reads at its leisure.
func report(s sighting) {
	_ = binary.Write(os.Stdout, binary.NativeEndian, s) // without a reader the watcher is over, too
}
