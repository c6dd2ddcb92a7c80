package proc

import (
	"os"
	"slices"
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
// not living. The one that dies of a KILL already, 0 for none, does not count for PID 1: the kernel ends no
// container before it has ended all of its processes.
func (t *Table) Others(dies int) int {
	first := os.Getpid() == 1
	// The usual end of a stop without a user's supervisor: nobody is left, and one call shows it.
	if first && syscall.Kill(-1, 0) == syscall.ESRCH {
		return 0
	}
	left := living()
	if first {
		left = slices.DeleteFunc(left, func(pid int) bool { return pid == dies })
	}
	return len(left)
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
