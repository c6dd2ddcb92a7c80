package boot

import (
	"testing"

	"caduceus/internal/clause"
)

func TestIgnoredSignalsAreSeen(t *testing.T) {
	clause.Proves(t, "SUP-86")
	for mask, want := range map[string]bool{"0000000000000000": false, "0000000000300000": true, "0000000000000001": true} {
		status := []byte("Name:\tinit\nSigBlk:\t0000000000000000\nSigIgn:\t" + mask + "\nSigCgt:\t0000000000000000\n")
		if got := ignoresSignals(status); got != want {
			t.Errorf("SigIgn %s: got %t, want %t", mask, got, want)
		}
	}
	if !ignoresSignals(nil) {
		t.Error("what cannot be read must count as ignoring")
	}
}
