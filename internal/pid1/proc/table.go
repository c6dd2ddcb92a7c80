package proc

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrGone is returned by Signal and SignalGroup once the child has been reaped.
var ErrGone = errors.New("process is gone")

// What may hold a thread at a time, so that threads do not grow with services (SUP-89): spawns do until their exec, and
// work may, as it opens and writes files.
const (
	spawnSlots = 8
	workSlots  = 256 // where threads are to be had; else half of the spare ones
)

// Table is the pid table. There must be one in a process at a time.
type Table struct {
	chld chan os.Signal
	stop chan struct{}
	over chan struct{}
	slot chan struct{}
	work chan struct{}
	warm chan struct{} // closed when the spare threads are there

	// mu is the ownership of the pids: wait4 and kill happen under it, so that
	// no signal meets a reused pid. Nothing under it blocks.
	mu       sync.Mutex
	children map[int]*Child
	spawning int                        // spawns in flight
	unknown  map[int]syscall.WaitStatus // reaped while a spawn was in flight
	adopted  map[*Child]bool            // living, or without a status yet
	reported Exits                      // by Exited
	orphans  *Exits                     // nil: nobody asked for them
	watchers sync.WaitGroup             // of the adopted
	growing  []time.Time                // when the services were admitted that have yet to grow
	calm     *time.Timer                // to giveBack
}

// NewTable begins to make the spare threads and starts the reaper. The first Spawn waits until the
// threads are there; so the caller may get on with what needs no child.
func NewTable() (*Table, error) { return newTable(spareThreads) }

// NewModestTable is NewTable for a process that PID 1 starts again if it ends.
func NewModestTable() (*Table, error) { return newTable(modestThreads) }

func newTable(spare func(read func(string) ([]byte, error)) int) (*Table, error) {
	threads, slots, works := spare(os.ReadFile), spawnSlots, workSlots
	if threads < mostThreads {
		slots, works = min(slots, (threads+1)/2), (threads+1)/2
	}
	t := &Table{
		work:     make(chan struct{}, works),
		chld:     make(chan os.Signal, 1),
		stop:     make(chan struct{}),
		over:     make(chan struct{}),
		slot:     make(chan struct{}, slots),
		warm:     make(chan struct{}),
		children: map[int]*Child{},
		unknown:  map[int]syscall.WaitStatus{},
		adopted:  map[*Child]bool{},
	}
	t.calm = time.AfterFunc(calmAfter, t.giveBack)
	go func() {
		warmThreads(threads)
		close(t.warm)
	}()
	signal.Notify(t.chld, syscall.SIGCHLD)
	takeIgnored()
	go t.reap()
	return t, nil
}

// takeIgnored takes for good the signals that were ignored at the start, and so would be in each
// child. A channel that is stopped again would bring that back, unseen.
//
// spec: SUP-86
func takeIgnored() {
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig) // never read
		}
	}
}

// Close stops the reaper. Children are neither signalled nor waited for.
func (t *Table) Close() {
	t.calm.Stop()
	signal.Stop(t.chld)
	close(t.stop)
	<-t.over
	t.mu.Lock()
	for c := range t.adopted {
		c.closePidfd()
	}
	t.mu.Unlock()
	t.watchers.Wait()
}

// Orphans are the exits of processes that no Child stands for, kept from the first call on. A child that dies
// before Spawn has returned may be among them.
//
// spec: SUP-111
func (t *Table) Orphans() *Exits {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.orphans == nil {
		t.orphans = &Exits{}
	}
	return t.orphans
}

// Reap looks for dead children now, as after a SIGCHLD.
func (t *Table) Reap() {
	select {
	case t.chld <- syscall.SIGCHLD:
	default: // one is due already
	}
}

func (t *Table) reap() {
	defer close(t.over)
	for {
		for t.reapOne() {
		}
		select {
		case <-t.chld:
		case <-t.stop:
			return
		}
	}
}

// reapOne reports whether there may be another dead child.
func (t *Table) reapOne() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	next, start := -1, int64(0)
	if t.orphans != nil {
		if next = nextDead(); next > 0 && t.children[next] == nil {
			start = StartOf(next) // before the reap: then nothing knows it any more
		}
	}
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(next, &status, syscall.WNOHANG, nil)
	switch {
	case err == syscall.EINTR:
		return true
	case err != nil || pid == 0:
		return false
	}
	if child := t.children[pid]; child != nil {
		delete(t.children, pid)
		child.finish(status)
		return true
	}
	if t.spawning > 0 {
		t.unknown[pid] = status
	}
	if t.orphans != nil {
		t.orphans.add(Exit{Pid: pid, Start: start, Status: status})
	}
	return true
}

// nextDead is a dead child that was not reaped yet; -1 if there is none.
func nextDead() int {
	var info struct { // siginfo_t of a 64-bit machine
		_   [4]int32
		pid int32
		_   [27]int32
	}
	const flags = unix.WEXITED | unix.WNOHANG | unix.WNOWAIT
	_, _, errno := unix.RawSyscall6(unix.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(&info)), flags, 0, 0)
	if errno != 0 || info.pid == 0 {
		return -1
	}
	return int(info.pid)
}

// begin announces a spawn: from here on unknown statuses are kept.
func (t *Table) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spawning++
}

// end enters the child of a spawn, or 0 if it failed.
func (t *Table) end(pid int) *Child {
	t.mu.Lock()
	defer t.mu.Unlock()
	var child *Child
	if pid > 0 {
		child = &Child{table: t, pid: pid, done: make(chan struct{})}
		status, dead := t.unknown[pid]
		delete(t.unknown, pid)
		// The kept status may be that of an orphan that had this pid before.
		if dead && !isChild(pid) {
			child.finish(status)
		} else {
			t.children[pid] = child
		}
	}
	t.spawning--
	if t.spawning == 0 {
		clear(t.unknown)
		t.calm.Reset(calmAfter)
	}
	return child
}

// isChild reports whether pid is a child not yet reaped, without reaping it.
func isChild(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err == nil
		}
	}
}

// signal sends sig to pid (of child c), or to its group if pid is negative.
func (t *Table) signal(c *Child, pid int, sig syscall.Signal) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.adopted[c] {
		return c.send(pid, sig)
	}
	if t.children[c.pid] != c {
		return ErrGone
	}
	if err := kill(c.pid, pid, sig); err != nil {
		return fmt.Errorf("cannot signal %d: %w", pid, err)
	}
	return nil
}
