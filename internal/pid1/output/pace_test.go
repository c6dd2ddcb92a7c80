package output

import (
	"testing"
	"time"

	"caduceus/internal/clause"
)

func TestOnlyAFloodIsSlowedDown(t *testing.T) {
	clause.Proves(t, "SUP-24", "FAULT-18")
	const chunk = 64 << 10
	tests := []struct {
		name   string
		every  time.Duration // between two reads that find a full chunk
		slower bool
	}{
		{"what a pipe holds, ten times a second", 100 * time.Millisecond, false},
		{"just below the rate", 32 * time.Millisecond, false},
		{"as fast as can be", 0, true},
		{"twice the rate", 15 * time.Millisecond, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p pacer
			began := time.Unix(1000, 0)
			now, bytes := began, 0
			for now.Sub(began) < 10*time.Minute {
				now = now.Add(tt.every + p.pause(now, chunk))
				bytes += chunk
			}
			want := int(10 * time.Minute / max(tt.every, 1))
			rate := float64(bytes) / now.Sub(began).Seconds()
			if slower := bytes/chunk < want; slower != tt.slower {
				t.Errorf("%d reads, %d without pauses", bytes/chunk, want)
			}
			if rate > 1.01*paceBytes {
				t.Errorf("%.0f bytes a second", rate)
			}
		})
	}
}

func TestABurstIsNotSlowedDown(t *testing.T) {
	clause.Proves(t, "SUP-24")
	var p pacer
	now := time.Unix(1000, 0)
	for read := 0; read < paceBytes; read += maxLine {
		if wait := p.pause(now, maxLine); wait > 0 {
			t.Fatalf("a pause of %v after %d bytes", wait, read)
		}
	}
	if wait := p.pause(now, 1<<20); wait != 500*time.Millisecond {
		t.Errorf("a pause of %v after the burst", wait)
	}
	if wait := p.pause(now.Add(time.Hour), maxLine); wait > 0 {
		t.Errorf("a pause of %v an hour later", wait)
	}
}
