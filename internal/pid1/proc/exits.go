package proc

import (
	"sync"
	"syscall"
)

// maxExits is how many exits are kept; older ones are forgotten.
const maxExits = 4096

// Exit is how a process ended. Pid and Start together name one process for as long as the machine runs.
type Exit struct {
	Pid    int
	Start  int64 // in clock ticks since the boot of the machine; 0: not known
	Status syscall.WaitStatus
}

// is reports whether the exit is that of the process with this pid and start.
func (e Exit) is(pid int, start int64) bool {
	return e.Pid == pid && (e.Start == start || e.Start == 0 || start == 0)
}

// Exits keeps the newest exits, in their order, for readers that each have a place of their own in
// them. It is safe for concurrent use, and no method waits.
type Exits struct {
	mu      sync.Mutex
	ring    []Exit
	all     uint64 // added so far
	changed chan struct{}
}

// add keeps an exit, in the place of the oldest one where the ring is full.
func (x *Exits) add(e Exit) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.ring) < maxExits {
		x.ring = append(x.ring, e)
	} else {
		x.ring[x.all%maxExits] = e
	}
	x.all++
	if x.changed != nil {
		close(x.changed)
		x.changed = nil
	}
}

// After returns what is kept of the exits that followed the first n, how many there were in all, and a
// channel that is closed when there is another one. A reader begins at 0 and goes on at that number.
func (x *Exits) After(n uint64) (exits []Exit, all uint64, changed <-chan struct{}) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for at := max(n, x.all-uint64(len(x.ring))); at < x.all; at++ {
		exits = append(exits, x.ring[at%maxExits])
	}
	if x.changed == nil {
		x.changed = make(chan struct{})
	}
	return exits, x.all, x.changed
}

// find returns the newest kept status of a process.
func (x *Exits) find(pid int, start int64) (syscall.WaitStatus, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for at := x.all; at > x.all-uint64(len(x.ring)); at-- {
		if e := x.ring[(at-1)%maxExits]; e.is(pid, start) {
			return e.Status, true
		}
	}
	return 0, false
}
