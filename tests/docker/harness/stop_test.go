package harness

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"
)

func event(action events.Action, signal string, at time.Duration) events.Message {
	return events.Message{Action: action, TimeNano: int64(at), Actor: events.Actor{Attributes: map[string]string{"signal": signal}}}
}

func TestAStopIsTimedByTheEnginesEvents(t *testing.T) {
	for name, c := range map[string]struct {
		seen   []events.Message
		took   time.Duration
		killed bool
	}{
		"the container ends by itself": {
			[]events.Message{event(events.ActionKill, "15", 2*time.Second), event(events.ActionDie, "", 3*time.Second)}, time.Second, false,
		},
		"the engine kills it": {
			[]events.Message{event(events.ActionKill, "15", time.Second), event(events.ActionKill, "9", 11*time.Second), event(events.ActionDie, "", 12*time.Second)},
			11 * time.Second, true,
		},
		"an earlier end does not count": {
			[]events.Message{event(events.ActionDie, "", time.Second), event(events.ActionKill, "15", 5*time.Second), event(events.ActionDie, "", 6*time.Second)},
			time.Second, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			messages := make(chan events.Message, len(c.seen))
			for _, e := range c.seen {
				messages <- e
			}
			took, killed, err := stopEvents(client.EventsResult{Messages: messages, Err: make(chan error)}, time.Second)
			if took != c.took || killed != c.killed || err != nil {
				t.Errorf("want %v, killed: %t; got %v, killed: %t (%v)", c.took, c.killed, took, killed, err)
			}
		})
	}
}

func TestAStopWithoutAnEndIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if took, _, err := stopEvents(client.EventsResult{Messages: make(chan events.Message), Err: make(chan error)}, time.Minute); err == nil {
			t.Errorf("want an error, got %v", took)
		}
	})
}
