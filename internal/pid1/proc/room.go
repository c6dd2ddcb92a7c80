package proc

import (
	"fmt"
	"syscall"
	"time"
)

// Room below a pids limit, in threads, each of which counts as a process there.
const (
	roomForOthers = 16               // stays free: for CMD, and for what the engine executes
	roomToGrow    = 12               // is taken by a service once it runs
	timeToGrow    = 10 * time.Second // in this time
	plentyOfRoom  = 64               // has to be free for a logger whose service is down
)

// Admit reports whether the pids limit of the cgroup, if there is one, leaves room for one more service. Those that
// were admitted a moment ago count as grown. The error is EAGAIN, as that of a fork without room. read is os.ReadFile.
//
// spec: SUP-124
func (t *Table) Admit(now time.Time, read func(string) ([]byte, error)) error {
	return t.admit(now, read, roomForOthers+roomToGrow)
}

// AdmitIdle is Admit of what is of no use for now: there has to be plenty of room.
//
// spec: SUP-124
func (t *Table) AdmitIdle(now time.Time, read func(string) ([]byte, error)) error {
	return t.admit(now, read, plentyOfRoom)
}

func (t *Table) admit(now time.Time, read func(string) ([]byte, error), room int) error {
	limit, used, limited := pidsUse(read)
	if !limited {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.growing) > 0 && now.Sub(t.growing[0]) >= timeToGrow {
		t.growing = t.growing[1:]
	}
	free := limit - used - roomToGrow*len(t.growing)
	if free < room {
		return fmt.Errorf("%w: %d of %d processes and threads are in use or about to be, and %d have to be free; allow more with --pids-limit",
			syscall.EAGAIN, limit-free, limit, room)
	}
	t.growing = append(t.growing, now)
	return nil
}
