package proc

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
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
	// The usual end of a stop: nobody is left, and one call tells so.
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
	for _, pid := range pids() {
		if parent, state, ok := parentOf(pid); ok && state != 'Z' && state != 'X' {
			parents[pid] = parent
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

func pids() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1) // what was read before an error counts
	var found []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			found = append(found, pid)
		}
	}
	return found
}

// parentOf reads ppid and state from /proc/PID/stat, whose second field may
// hold blanks and parentheses.
func parentOf(pid int) (parent int, state byte, ok bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0, false
	}
	return parseStat(b)
}

func parseStat(b []byte) (parent int, state byte, ok bool) {
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 2 {
		return 0, 0, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	return parent, fields[0][0], err == nil
}
