package output

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"caduceus/internal/clause"
)

func TestOutputBeyondTheLimitIsDroppedByLines(t *testing.T) {
	clause.Proves(t, "FAULT-08", "FAULT-18")
	var m meter
	steps := []struct {
		after time.Duration
		limit int
		in    string
		pass  string
		notes []string
	}{
		{0, 10, "1234\n", "1234\n", nil},
		{time.Second, 10, "6789\n", "6789\n", nil},
		{time.Second, 10, "a\n", "", []string{"more than 10 bytes of output in a minute: the rest is dropped until 00:01:00"}},
		{57 * time.Second, 10, "b\nc\n", "", nil},
		{time.Second, 10, "12\n34\n56\n78\n", "12\n34\n56\n", []string{
			"3 lines of output (6 bytes) were dropped",
			"more than 10 bytes of output in a minute: the rest is dropped until 00:02:00",
		}},
		{time.Second, 10, "\n", "", nil}, // it would fit, but not in its place
		{time.Hour, 10, strings.Repeat("x", 20) + "\n", "", []string{
			"2 lines of output (4 bytes) were dropped",
			"more than 10 bytes of output in a minute: the rest is dropped until 01:02:01",
		}},
		{time.Second, 100, "more is allowed now\n", "more is allowed now\n", nil},
		{time.Hour, 0, strings.Repeat("free\n", 100), strings.Repeat("free\n", 100), []string{"1 lines of output (21 bytes) were dropped"}},
		{time.Hour, 0, "", "", nil},
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, s := range steps {
		now = now.Add(s.after)
		pass, notes := m.admit(now, s.limit, []byte(s.in))
		if string(pass) != s.pass || !cmp.Equal(notes, s.notes) {
			t.Errorf("step %d: %q passed, notes %q, want %q, %q", i, pass, notes, s.pass, s.notes)
		}
	}
}

// No minute has more than the limit, and each line either passes or is counted.
func TestAMeterAgreesWithTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m meter
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		now, began, passed := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 0
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "seconds")) * time.Second)
			text := strings.Repeat("abc\n", rapid.IntRange(0, 8).Draw(t, "lines"))
			before := m
			pass, _ := m.admit(now, limit, []byte(text))
			if !m.until.Equal(before.until) {
				began, passed, before = now, 0, meter{}
			}
			passed += len(pass)
			if passed > limit {
				t.Fatalf("%d bytes since %v, limit %d", passed, began, limit)
			}
			if got := len(pass) + m.bytes - before.bytes; got != len(text) {
				t.Fatalf("%d of %d bytes are accounted for", got, len(text))
			}
			if len(pass)%4 != 0 || m.lines*4 != m.bytes {
				t.Fatalf("a line was cut: %q, dropped %d lines and %d bytes", pass, m.lines, m.bytes)
			}
		}
	})
}
