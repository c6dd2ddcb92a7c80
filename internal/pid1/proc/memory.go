package proc

import (
	"time"

	"caduceus/internal/pid1/memory"
)

// calmAfter is how long after the last start the memory is given back that starts took.
const calmAfter = 2 * time.Second

// giveBack gives memory back, but for while a spawn is in flight: that would hold up all of this process. The next one is
// due after it.
//
// spec: SUP-103
func (t *Table) giveBack() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.spawning == 0 {
		_ = memory.GiveBack() // what cannot be given back stays, as before
	}
}
