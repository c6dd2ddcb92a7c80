package supervise

import (
	"testing"

	"caduceus/internal/clause"
)

func TestRetriesDoNotCrowdOutAStop(t *testing.T) {
	clause.Proves(t, "SUP-89")
	m := orderBox{waiting: make(chan struct{}, 1)}
	for range 2 * orderLimit {
		m.put(order{retry: true})
	}
	m.put(order{event: evStop})
	m.put(order{letters: "1"})
	m.put(order{letters: "1"})
	want := []order{{retry: true}, {event: evStop}, {letters: "1"}, {letters: "1"}}
	got := m.take()
	if len(got) != len(want) {
		t.Fatalf("%d orders, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("order %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}
