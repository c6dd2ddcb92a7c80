package proc

import (
	"runtime"
	"runtime/debug"
	"testing"

	"caduceus/internal/clause"
)

// TestMemoryIsGivenBackAfterTheLastStart: nothing else collects, and nothing does while a spawn is in flight.
func TestMemoryIsGivenBackAfterTheLastStart(t *testing.T) {
	clause.Proves(t, "SUP-103")
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	memory := func() (m runtime.MemStats) {
		runtime.ReadMemStats(&m)
		return m
	}
	table := startTable(t)
	runtime.KeepAlive(make([]byte, 64<<20))
	table.begin()
	before := memory().NumGC
	table.giveBack()
	if now := memory().NumGC; now != before {
		t.Errorf("%d collections while a spawn was in flight", now-before)
	}
	table.end(0)
	poll(t, "the memory is given back", func() bool { return memory().NumGC > before })
}
