package proc

import (
	"os"
	"syscall"

	"caduceus/internal/procfs"
)

// SignalAll sends sig to everything that this init answers for: kill(-1) as
// PID 1, else the own descendants (SUP-81).
func (t *Table) SignalAll(sig syscall.Signal) {
	t.mu.Lock() // descendants cannot be reaped between look and kill
	defer t.mu.Unlock()
	if os.Getpid() != 1 {
		for _, pid := range living() {
			_ = kill(pid, pid, sig) // it is gone, or out of reach
		}
		return
	}
	_ = syscall.Kill(-1, sig) // ESRCH: nobody left
	for _, pid := range living() {
		if syscall.Kill(pid, 0) == syscall.EPERM { // left out by the call above
			_ = kill(pid, pid, sig)
		}
	}
}

// Others counts the living processes that SignalAll would hit; zombies are
// not living.
func (t *Table) Others() int {
	// The usual end of a stop: nobody is left, and one call shows it.
	if os.Getpid() == 1 && syscall.Kill(-1, 0) == syscall.ESRCH {
		return 0
	}
	return len(living())
}

// living lists the living processes but this one: all as PID 1, else the own
// descendants. Without /proc there are none to see.
func living() []int {
	self := os.Getpid()
	parents := map[int]int{}
	for _, pid := range procfs.Pids(procfs.Root) {
		if stat, err := procfs.Read(procfs.Root, pid); err == nil && stat.Living() {
			parents[pid] = stat.Parent
		}
	}
	var found []int
	for pid := range parents {
		if pid != self && (self == 1 || descends(parents, pid, self)) {
			found = append(found, pid)
		}
	}
	return found
}

// descends follows the parents of pid up to ancestor. A parent that died in
// between ends the walk.
func descends(parents map[int]int, pid, ancestor int) bool {
	for range len(parents) {
		pid = parents[pid]
		if pid == ancestor {
			return true
		}
		if pid == 0 {
			return false
		}
	}
	return false
}
