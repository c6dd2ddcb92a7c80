package profile

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"caduceus/internal/clause"
)

// volume is what two state files hold while people and tools start and stop one gateway, and the gateway
// itself writes between.
type volume struct {
	now, booted time.Time
	state       State
	intent      Intent
	asked       Want      // what Prior must say
	started     time.Time // of the gateway that runs; zero if none does
	dies        time.Time // when it is dead, having been asked to stop; zero if it was not
	before      string    // desired_state before the last request through the front
	requested   time.Time
}

// ask is a request: through the front, or by a tool that writes desired_state alone.
func (v *volume) ask(t *rapid.T, want Want, front bool) {
	v.now = v.now.Add(lastWrite + time.Second + time.Duration(rapid.IntRange(0, 3600).Draw(t, "gap"))*time.Second)
	v.bury()
	if front {
		v.before, v.requested = v.state.Desired, v.now
		v.intent = Intent{Want: want, At: v.now.Truncate(time.Second)}
	} else {
		v.before, v.requested = "", time.Time{}
	}
	v.state.Desired, v.state.ByVerb, v.state.Updated = want.state(), true, v.now.Truncate(time.Second)
	v.asked = want
	switch {
	case want == Down && !v.started.IsZero():
		v.dies = v.now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "drains")) * time.Second)
	case want == Up && !v.dies.IsZero():
		v.started, v.dies = v.dies.Add(time.Second), time.Time{}
	case want == Up && v.started.IsZero():
		v.started = v.now.Add(time.Second)
	}
}

func (v *volume) bury() {
	if !v.dies.IsZero() && v.dies.Before(v.now) {
		v.started, v.dies = time.Time{}, time.Time{}
	}
}

// write is the gateway's own: it keeps desired_state, or brings the old one back if it read the file
// before the request and writes it afterwards.
func (v *volume) write(t *rapid.T) {
	if v.started.IsZero() {
		return
	}
	at := v.now.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "later")) * time.Second)
	if at.Before(v.started) || !v.dies.IsZero() && at.After(v.dies) {
		return
	}
	if v.before != "" && v.started.Before(v.requested) && rapid.Bool().Draw(t, "stale") {
		v.state.Desired = v.before
	}
	v.state.ByVerb, v.state.Updated = false, at
	v.state.Started = v.started.Sub(v.booted).Milliseconds() / 10
}

// Whoever asked last is obeyed at the next boot, whatever the gateway wrote between.
func TestTheLastRequestDecides(t *testing.T) {
	clause.Proves(t, "DASH-14", "STATE-08")
	rapid.Check(t, func(t *rapid.T) {
		booted := time.Unix(1_700_000_000, 0)
		v := &volume{now: booted.Add(time.Hour), booted: booted}
		v.ask(t, Up, true)
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"front", "tool", "write"}).Draw(t, "step") {
			case "front":
				v.ask(t, rapid.SampledFrom([]Want{Up, Down}).Draw(t, "want"), true)
			case "tool":
				v.ask(t, rapid.SampledFrom([]Want{Up, Down}).Draw(t, "want"), false)
			case "write":
				v.write(t)
			}
			if got := Prior(v.state, v.intent, v.booted); got != v.asked.state() {
				t.Fatalf("Prior(%+v, %+v) = %q, but %q was asked for", v.state, v.intent, got, v.asked)
			}
		}
	})
}
