package proc

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// Bounds of the threads made at start: a thread that the runtime wants later
// ends PID 1 when the pids limit is full (SUP-101), but each counts against
// that limit, too.
const (
	mostThreads  = 16
	leastThreads = 4
	threadShare  = 8  // of a small limit, one part in so many
	modestShare  = 16 // the same of a process that is started again
)

// spareThreads is how many threads to make under the pids limit of the cgroup,
// which is in one of two places. read is os.ReadFile.
func spareThreads(read func(string) ([]byte, error)) int {
	return sharedThreads(read, threadShare, leastThreads)
}

// modestThreads is spareThreads of a process that PID 1 starts again if it ends: it leaves a small limit to others.
func modestThreads(read func(string) ([]byte, error)) int {
	return sharedThreads(read, modestShare, leastThreads)
}

func sharedThreads(read func(string) ([]byte, error), share, least int) int {
	if limit, limited := PidsLimit(read); limited {
		return min(max(limit/share, least), mostThreads)
	}
	return mostThreads
}

// prepareRoom is how many more threads a limit must allow for a prepared process: it is a Go program, and ends
// where it gets none.
const prepareRoom = 24

// FewestTasks is the smallest pids limit below which the init starts: boot scripts and CMD have room beside it then.
const FewestTasks = 24

// CheckLimit returns an error, one line with its fix, where the pids limit of the cgroup is too small to start at all. read
// is os.ReadFile.
//
// spec: SUP-122
func CheckLimit(read func(string) ([]byte, error)) error {
	if limit, limited := PidsLimit(read); limited && limit < FewestTasks {
		return fmt.Errorf("cannot start below a limit of %d processes and threads: %d are the least, and a gateway takes about 70; start the container with --pids-limit 256",
			limit, FewestTasks)
	}
	return nil
}

// PidsLimit is how many threads the cgroup of this process may have, if it has a limit. read is os.ReadFile.
func PidsLimit(read func(string) ([]byte, error)) (limit int, limited bool) {
	for _, path := range []string{"/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"} {
		if limit, err := pidsOf(read, path); err == nil { // not "max"
			return limit, true
		}
	}
	return 0, false
}

// RoomToPrepare reports whether the pids limit of the cgroup leaves room for Prepare. read is os.ReadFile.
func RoomToPrepare(read func(string) ([]byte, error)) bool {
	limit, used, limited := pidsUse(read)
	return !limited || limit-used >= prepareRoom
}

// pidsUse is the pids limit of the cgroup, and how much of it is in use.
func pidsUse(read func(string) ([]byte, error)) (limit, used int, limited bool) {
	for _, dir := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/pids/"} {
		limit, limitErr := pidsOf(read, dir+"pids.max")
		used, usedErr := pidsOf(read, dir+"pids.current")
		if limitErr == nil && usedErr == nil {
			return limit, used, true
		}
	}
	return 0, 0, false
}

func pidsOf(read func(string) ([]byte, error), path string) (int, error) {
	text, err := read(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// warmThreads makes the runtime create n threads: each goroutine holds one
// until all have theirs. The runtime keeps idle threads for good.
func warmThreads(n int) {
	var held, over sync.WaitGroup
	release := make(chan struct{})
	held.Add(n)
	for range n {
		over.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			held.Done()
			<-release
		})
	}
	held.Wait()
	close(release)
	over.Wait()
}

// Work does what may hold a thread in system calls. Below a small pids limit it waits until few enough others do.
//
// spec: SUP-101
func (t *Table) Work(do func()) {
	t.work <- struct{}{}
	defer func() { <-t.work }()
	do()
}
