package profile

import (
	"testing"
	"time"

	"caduceus/internal/clause"
)

func FuzzReadIntent(f *testing.F) {
	clause.Proves(f, "STATE-08")
	f.Add(`{"want":"up","at":1700000000}`, `{"desired_state":"stopped","updated_at":1700000001}`)
	f.Add(`{"want":"down","at":-9223372036854775808}`, `{"updated_at":1e300,"start_time":9223372036854775807}`)
	f.Add(`{"want":["up"],"at":"x"}`, `{"desired_state":{"a":[]}}`)
	f.Fuzz(func(t *testing.T, intent, state string) {
		dir := t.TempDir()
		write(t, dir, IntentFile, intent)
		write(t, dir, StateFile, state)
		i, err := ReadIntent(dir)
		if err != nil && i != (Intent{}) || i.Want != "" && i.Want != Up && i.Want != Down {
			t.Errorf("%q: got %+v, %v", intent, i, err)
		}
		s, _ := ReadState(dir)
		prior := Prior(s, i, time.Unix(1_600_000_000, 0))
		if i.Want != "" && prior != Running && prior != Stopped && prior != s.Desired {
			t.Errorf("%q and %q: prior state %q", intent, state, prior)
		}
		if i.Want != "" {
			if err := WriteIntent(dir, i); err != nil {
				t.Fatal(err)
			}
			if again, err := ReadIntent(dir); err != nil || !again.At.Equal(i.At) || again.Want != i.Want {
				t.Errorf("%q: read %+v, wrote it, read %+v, %v", intent, i, again, err)
			}
		}
	})
}
