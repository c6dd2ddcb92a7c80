package supervise

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"caduceus/internal/clause"
)

// The suite tests/s6 has a scanner restart 10,000 times; this is what it looks like from inside.
func TestRestartsLeaveNothingBehind(t *testing.T) {
	clause.Proves(t, "FAULT-21", "SUP-89")
	r := newRig(t, map[string]string{"down": "", "notification-fd": "3", "max-death-tally": "10"})
	program, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.path, "run"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	r.start()
	runs := 0
	restart := func(times int) {
		t.Helper()
		for range times {
			runs++
			r.service.Command("o")
			r.untilOver(runs)
		}
	}
	type use struct{ goroutines, threads, descriptors, heapKB int }
	measure := func() use {
		t.Helper()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		descriptors, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return use{runtime.NumGoroutine(), threads(t), len(descriptors), int(m.HeapAlloc >> 10)}
	}
	restart(50)
	before := measure()
	restart(500)
	after := measure()
	if after.goroutines > before.goroutines || after.descriptors > before.descriptors {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if after.threads > before.threads+2 || after.heapKB > before.heapKB+512 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// untilOver waits until so many runs have come and gone.
func (r *rig) untilOver(runs int) {
	r.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		r.service.mu.Lock()
		over, changed := r.service.ups == runs && holds(DownReady, r.service.status), r.service.changed
		r.service.mu.Unlock()
		if over {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			r.Fatalf("run %d is not over: %+v; log:\n%s", runs, r.service.Status(), r.said())
		}
	}
}

func threads(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(tasks)
}
