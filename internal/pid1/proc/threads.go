package proc

import (
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
	threadShare  = 8 // of a small limit, one part in so many
)

// spareThreads is how many threads to make under the pids limit of the cgroup,
// which is in one of two places. read is os.ReadFile.
func spareThreads(read func(string) ([]byte, error)) int {
	for _, path := range []string{"/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"} {
		text, err := read(path)
		if err != nil {
			continue
		}
		limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil { // not "max"
			return min(max(limit/threadShare, leastThreads), mostThreads)
		}
	}
	return mostThreads
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
