package probe

import (
	"errors"
	"strings"
	"testing"
)

func TestOnlyTheProbesAnswerCounts(t *testing.T) {
	const good = `{"word":"w","question":"slot","slots":[{"dir":"/x","supervised":true,"up":true,"want_up":true,"ready":false,"paused":false,"pid":7}]}`
	a, err := Read([]byte(good+"\n"), "w", Slot)
	if err != nil || len(a.Slots) != 1 || a.Slots[0].PID != 7 {
		t.Errorf("got %+v, %v", a, err)
	}
	for name, text := range map[string]string{
		"nothing":           "",
		"a liar's words":    "up (pid 1) 1 seconds",
		"cut short":         good[:len(good)-4],
		"something behind":  good + good,
		"another word":      strings.Replace(good, `"w"`, `"v"`, 1),
		"another question":  strings.Replace(good, `"slot"`, `"files"`, 1),
		"a field of others": strings.Replace(good, `"slots"`, `"states"`, 1),
	} {
		if _, err := Read([]byte(text), "w", Slot); !errors.Is(err, ErrDisturbed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := Read([]byte(`{"word":"w","question":"slot","error":"no /proc"}`), "w", Slot); err == nil || errors.Is(err, ErrDisturbed) {
		t.Errorf("what the probe itself met is no disturbance: %v", err)
	}
}
