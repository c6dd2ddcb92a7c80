package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// IntentFile keeps what the operator asked for, or a boot started, apart from what the agent says about itself.
const IntentFile = ".gateway_intent.json"

// Want is a request about a gateway.
type Want string

// The two requests; "" is none.
const (
	Up   Want = "up"
	Down Want = "down"
)

// state is the recorded state that a request amounts to.
func (w Want) state() string {
	if w == Up {
		return Running
	}
	return Stopped
}

// Intent is the last request, and when it was made, to the second. The zero Intent is none.
type Intent struct {
	Want Want
	At   time.Time
}

// ReadIntent reads the intent file of a profile's directory. A missing file is a zero Intent
// without an error, any other one that does not hold a request a zero Intent and the reason.
//
// contract: STATE-08
func ReadIntent(dir string) (Intent, error) {
	fields, err := readObject(dir, IntentFile)
	if err != nil || fields == nil {
		return Intent{}, err
	}
	var at int64
	want := Want(text(fields["want"]))
	if want != Up && want != Down || json.Unmarshal(fields["at"], &at) != nil {
		return Intent{}, fmt.Errorf("cannot use %q: it holds no request", filepath.Join(dir, IntentFile))
	}
	return Intent{Want: want, At: time.Unix(at, 0)}, nil
}

// Record keeps a request, or a boot's decision to start, before the signal or the slot that obeys it: the
// intent file first, then desired_state, which the agent and other tools read. It writes into an existing
// directory only. The caller reports the error and goes on: a full disk must not keep a gateway from stopping.
//
// contract: STATE-08
func Record(dir string, want Want, now time.Time) error {
	return errors.Join(
		WriteIntent(dir, Intent{Want: want, At: now}),
		mergeState(dir, map[string]any{"desired_state": want.state(), "updated_at": now.Unix()}),
	)
}

// WriteIntent stores the intent file alone.
func WriteIntent(dir string, i Intent) error {
	return writeObject(dir, IntentFile, map[string]any{"want": i.Want, "at": i.At.Unix()})
}

// lastWrite is how long a gateway that was asked to stop may still write its state.
const lastWrite = 10 * time.Second

// Prior is the state that a boot goes by, in view of the intent. The intent decides, unless
// desired_state says something else and somebody asked for that later: a lifecycle verb (it dates
// the file in whole seconds), or whoever started the gateway that wrote the file. What the gateway
// itself writes back while it stops is no request. booted is when the host did; zero if unknown.
//
// contract: STATE-08
func Prior(s State, i Intent, booted time.Time) string {
	switch {
	case i.Want == "":
		return s.Recorded()
	case s.Desired == "" || s.Desired == i.Want.state():
		return i.Want.state()
	case s.askedAfter(i, booted):
		return s.Desired
	}
	return i.Want.state()
}

// askedAfter reports whether the desired state was asked for after the intent. Until it is dead, a gateway
// that was asked to stop may write its old state; one that was started later proves a later request.
func (s State) askedAfter(i Intent, booted time.Time) bool {
	if s.ByVerb {
		return !s.Updated.Before(i.At)
	}
	late := s.Updated.After(i.At.Add(lastWrite))
	if s.Started <= 0 || booted.IsZero() || !s.Updated.After(booted) { // unknown, or of an earlier boot of the host
		return late
	}
	const tick = time.Second / 100 // USER_HZ, the same on every architecture
	started := booted.Add(time.Duration(s.Started) * tick)
	if i.Want == Down {
		return started.After(i.At.Add(time.Second)) // however long the old one drains
	}
	return late || !started.Before(i.At)
}
