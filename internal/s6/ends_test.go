package s6

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func TestTheEndsAreReadAsWritten(t *testing.T) {
	clause.Proves(t, "SUP-121")
	ends := []End{
		{DeathOf(at(250e6), syscall.WaitStatus(1<<8)), Unasked},
		{DeathOf(at(251e6), syscall.WaitStatus(syscall.SIGKILL)), OutOfMemory},
	}
	text := "@400000006955b9250ee6b280 1 0 unasked\n@400000006955b9250ef5f4c0 137 9 oom\n"
	if got := string(EncodeEnds(ends)); got != text {
		t.Errorf("encoded %q, want %q", got, text)
	}
	if diff := cmp.Diff(ends, DecodeEnds([]byte(text))); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "x\n", "@400000006955b9250ee6b280 1 0 \x1b[2J\n", "@400000006955b9250ee6b280 300 0 oom\n", "@40 1 0 oom\n"} {
		if got := DecodeEnds([]byte(bad)); len(got) != 0 {
			t.Errorf("%q gave %v", bad, got)
		}
		if diff := cmp.Diff(ends, DecodeEnds([]byte(bad+text))); diff != "" {
			t.Errorf("after %q:\n%s", bad, diff)
		}
	}
	if got := DecodeEnds([]byte(strings.Repeat(text, MaxEnds))); len(got) != MaxEnds {
		t.Errorf("%d ends, want %d", len(got), MaxEnds)
	}
	last := End{DeathOf(at(1), 0), Asked}
	if got := AddEnd(DecodeEnds([]byte(strings.Repeat(text, MaxEnds))), last); len(got) != MaxEnds || got[MaxEnds-1] != last {
		t.Errorf("added: %v", got)
	}
}

func TestAStartFailureIsReadAsWritten(t *testing.T) {
	clause.Proves(t, "SUP-28")
	for text, want := range map[string]StartFailure{
		"3 4000 @400000006955b9250ee6b280 \"cannot start run: no room\"\n": {3, 4 * time.Second, at(250e6), "cannot start run: no room"},
		"1 0 - \"a\\nb\"\n": {1, 0, time.Time{}, "a\nb"},
	} {
		if got := string(want.Encode()); got != text {
			t.Errorf("encoded %q, want %q", got, text)
		}
		got, err := DecodeStartFailure([]byte(text))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("decoded (-want +got), %v:\n%s", err, diff)
		}
	}
	if long := (StartFailure{Cause: strings.Repeat("x", 5000)}).Encode(); len(long) > 300 {
		t.Errorf("%d bytes", len(long))
	}
	for _, bad := range []string{"", "3", "3 4000 x \"a\"\n", "3 4000 - a\n", "a b c d"} {
		if _, err := DecodeStartFailure([]byte(bad)); err == nil {
			t.Errorf("%q was decoded", bad)
		}
	}
}

// What was decoded is the same after it was encoded and decoded again.
func FuzzStartFailure(f *testing.F) {
	f.Add([]byte("3 4000 @400000006955b9250ee6b280 \"cannot start run: no room\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := DecodeStartFailure(text)
		if err != nil || len(first.Cause) > maxCause {
			return
		}
		again, err := DecodeStartFailure(first.Encode())
		if diff := cmp.Diff(first, again); err != nil || diff != "" {
			t.Errorf("%q, %v:\n%s", text, err, diff)
		}
	})
}

func FuzzEnds(f *testing.F) {
	f.Add([]byte("@400000006955b9250ee6b280 1 0 unasked\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		ends := DecodeEnds(text)
		if diff := cmp.Diff(ends, DecodeEnds(EncodeEnds(ends))); diff != "" {
			t.Errorf("%q:\n%s", text, diff)
		}
	})
}
