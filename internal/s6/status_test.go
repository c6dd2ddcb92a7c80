package s6

import (
	"encoding/hex"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func at(nanos int) time.Time { return time.Date(2026, 1, 1, 0, 0, 0, nanos, time.UTC) }

func TestStatusHasTheBytesOfTheSpecification(t *testing.T) {
	clause.Proves(t, "SUP-16", "SUP-96")
	want := strings.NewReplacer(" ", "", "|", "").Replace(
		"40000000 6955b925 0ee6b280 | 40000000 6955b926 1dcd6500 | 00000000 000010e1 | 0000 | 0c | 00 | 000010e1 | 0000 | 0c")
	status := Status{
		Stamp: at(250e6), ReadyStamp: at(1500e6), Pid: 4321, PGID: 4321, WantUp: true, Ready: true,
	}
	if got := hex.EncodeToString(status.Encode()); got != want {
		t.Errorf("encoded\n%s, want\n%s", got, want)
	}
	raw, err := hex.DecodeString(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeStatus(raw)
	if diff := cmp.Diff(status, got); diff != "" || err != nil {
		t.Errorf("decoded (-want +got), %v:\n%s", err, diff)
	}
}

// golden is a line of the table in the specification.
type golden struct {
	name   string
	wait   syscall.WaitStatus
	flags  byte
	second byte // the flags for s6 2.13
	pid    int
	want   string
}

func vectors() []golden {
	return []golden{
		{"up", 0, 0x04, 0x04, 77, "up (pid 77) 5 seconds"},
		{"paused", 0, 0x05, 0x05, 77, "up (pid 77) 5 seconds, paused"},
		{"ready", 0, 0x0c, 0x0c, 77, "up (pid 77) 5 seconds, ready 3 seconds"},
		{"finishing", 9, 0x06, 0x06, 78, "down (signal SIGKILL) 5 seconds, normally up, want up"},
		{"killed", 9, 0x0c, 0x0c, 0, "down (signal SIGKILL) 5 seconds, normally up, want up, ready 3 seconds"},
		{"exited", 0x0300, 0x08, 0x08, 0, "down (exitcode 3) 5 seconds, normally up, ready 3 seconds"},
		{"dumped core", 0x008b, 0x08, 0x08, 0, "down (signal SIGSEGV) 5 seconds, normally up, ready 3 seconds"},
		{"not started, wanted", 0, 0x0d, 0x0c, 0, "down (not started yet), normally up, want up"},
		{"not started", 0, 0x09, 0x08, 0, "down (not started yet), normally up"},
	}
}

func TestTheLineOfEachStateIsThatOfS6Svstat(t *testing.T) {
	clause.Proves(t, "SUP-15", "SUP-17", "SUP-95", "SUP-96", "SVC-02", "SVC-03")
	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			now := at(0)
			raw := Status{Stamp: now.Add(-5 * time.Second), ReadyStamp: now.Add(-3 * time.Second), Wait: v.wait}.Encode()
			raw[31], raw[39] = byte(v.pid), byte(v.pid)
			raw[34], raw[42] = v.flags, v.second
			status, err := DecodeStatus(raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(raw, status.Encode()); diff != "" {
				t.Errorf("encoded again (-want +got):\n%s", diff)
			}
			view := View{Status: status, NormallyUp: true, Now: now}
			if got := view.Line(false); got != v.want {
				t.Errorf("line %q, want %q", got, v.want)
			}
		})
	}
}

func TestFieldsOfAServiceThatIsUpAndOneThatIsDown(t *testing.T) {
	clause.Proves(t, "SVC-04", "SVC-05")
	now := at(0)
	down := View{
		Status: Status{
			Stamp: now.Add(-5 * time.Second), ReadyStamp: now.Add(-3 * time.Second), Wait: 9, WantUp: true, Ready: true,
		},
		Deaths: 7, Crashing: true, Next: now.Add(time.Minute), Now: now,
	}
	up := View{Status: Status{Pid: 77, PGID: 77, WantUp: true, Ready: true, Paused: true}, NormallyUp: true, Now: now}
	tests := map[string][2]string{ // up, down
		"up": {"true", "false"}, "wantedup": {"true", "true"}, "normallyup": {"true", "false"},
		"ready": {"true", "false"}, "paused": {"true", "false"}, "pid": {"77", "-1"}, "pgid": {"77", "-1"},
		"exitcode": {"-1", "-1"}, "signal": {"NA", "SIGKILL"}, "signum": {"-1", "9"},
		"updownfor": {"", "5"}, "readyfor": {"", "3"},
		"updownsince": {"", "@400000006955b92000000000"}, "readysince": {"", "@400000006955b92200000000"},
		"restarts": {"0", "7"}, "crashloop": {"false", "true"}, "nextstart": {"NA", "@400000006955b96100000000"},
	}
	for _, name := range Fields() {
		want, listed := tests[name]
		if !listed {
			t.Errorf("field %q is not tested", name)
		}
		for i, view := range []View{up, down} {
			if got, ok := view.Field(name); want[i] != "" && (got != want[i] || !ok) {
				t.Errorf("field %q = %q, want %q", name, got, want[i])
			}
		}
	}
	if _, ok := up.Field("nonsense"); ok {
		t.Error("unknown field has a value")
	}
}

func TestAClockThatWasSetBackGivesNoNegativeTime(t *testing.T) {
	view := View{Status: Status{Wait: 9, Stamp: at(0), Ready: true, ReadyStamp: at(0)}, Now: at(0).Add(-time.Hour)}
	want := "down (signal 9) 0 seconds, ready 0 seconds"
	if got := view.Line(true); got != want {
		t.Errorf("line %q, want %q", got, want)
	}
}

func TestAStatusOfAnotherSizeIsRefused(t *testing.T) {
	clause.Proves(t, "SUP-96")
	for _, size := range []int{0, 35, 42, 44} {
		if _, err := DecodeStatus(make([]byte, size)); !errors.Is(err, ErrStatusSize) {
			t.Errorf("%d bytes: %v, want ErrStatusSize", size, err)
		}
	}
}

func TestTheTallyKeepsTheNewestDeaths(t *testing.T) {
	clause.Proves(t, "SUP-18", "SUP-96")
	deaths := []Death{
		DeathOf(time.Date(2026, 1, 1, 0, 0, 2, 0, time.UTC), 9),
		DeathOf(at(0), 0x0300),
	}
	raw := EncodeTally(deaths)
	want := "400000006955b92700000000" + "8909" + "400000006955b92500000000" + "0300"
	if got := hex.EncodeToString(raw); got != want {
		t.Errorf("tally %s, want %s", got, want)
	}
	if diff := cmp.Diff(deaths, DecodeTally(raw)); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	if got := DecodeTally(raw[1:]); len(got) != 0 {
		t.Errorf("odd size gave %d deaths", len(got))
	}
	if got := AddDeath(deaths, DeathOf(at(1), 0), 2); len(got) != 2 || got[0] != deaths[1] {
		t.Errorf("limit kept %v", got)
	}
}

func TestALabelIsReadOnlyInItsFullForm(t *testing.T) {
	const text = "@400000006955b9250ee6b280"
	stamp, err := ParseStamp(text)
	if err != nil || !stamp.Time().Equal(at(250e6)) || stamp.String() != text {
		t.Errorf("%s: %v, %v, %s", text, err, stamp.Time(), stamp)
	}
	for _, bad := range []string{"", "@", text[1:], text + "0", text[:20], "@4000000069zzb9250ee6b280"} {
		if _, err := ParseStamp(bad); !errors.Is(err, ErrStamp) {
			t.Errorf("ParseStamp(%q) = %v, want ErrStamp", bad, err)
		}
	}
}

func TestTheBackoffFileIsReadAsWritten(t *testing.T) {
	clause.Proves(t, "SUP-43")
	b := Backoff{Fails: 7, Delay: 4100 * time.Millisecond, Next: at(250e6)}
	text := "7 4100 @400000006955b9250ee6b280\n"
	if got := string(b.Encode()); got != text {
		t.Errorf("encoded %q, want %q", got, text)
	}
	got, err := DecodeBackoff([]byte(text))
	if diff := cmp.Diff(b, got); diff != "" || err != nil {
		t.Errorf("decoded (-want +got), %v:\n%s", err, diff)
	}
	for _, bad := range []string{"", "7", "7 4100 x", "a b c"} {
		if _, err := DecodeBackoff([]byte(bad)); err == nil {
			t.Errorf("%q was decoded", bad)
		}
	}
}

func FuzzStatus(f *testing.F) {
	f.Add(Status{Stamp: at(0), NotStarted: true}.Encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		status, err := DecodeStatus(raw)
		if err != nil {
			return
		}
		again, err := DecodeStatus(status.Encode())
		if err != nil || again.Pid != status.Pid || again.Wait != status.Wait || again.Paused != status.Paused {
			t.Errorf("%x: %+v, again %+v, %v", raw, status, again, err)
		}
		_ = View{Status: status}.Line(false)
	})
}

func FuzzTally(f *testing.F) {
	f.Add(EncodeTally([]Death{DeathOf(at(0), 9)}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if deaths := DecodeTally(raw); len(raw)%TallyEntrySize == 0 && len(deaths) != len(raw)/TallyEntrySize {
			t.Errorf("%d bytes gave %d deaths", len(raw), len(deaths))
		}
	})
}

// A decoded backoff is the same after it was encoded and decoded again.
func FuzzBackoff(f *testing.F) {
	f.Add([]byte("7 4100 @400000006955b9250ee6b280\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := DecodeBackoff(text)
		if err != nil {
			return
		}
		again, err := DecodeBackoff(b.Encode())
		if err != nil || again.Fails != b.Fails || again.Delay != b.Delay || !again.Next.Equal(b.Next) {
			t.Errorf("%q: %+v, again %+v, %v", text, b, again, err)
		}
	})
}
