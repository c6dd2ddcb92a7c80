package harness

import (
	"context"
	"fmt"
	"time"
)

const (
	pollFirst = 50 * time.Millisecond
	pollMost  = 800 * time.Millisecond
)

// Probe looks once. It returns what it saw, for the error of a poll that gives
// up; whether that is what the poll waits for; and an error if looking again
// is pointless.
type Probe func(ctx context.Context) (seen string, done bool, err error)

// Poll asks probe until it is done, at most for limit. The error of a poll
// that gives up names what it waited for and the last thing it saw.
func Poll(ctx context.Context, what string, limit time.Duration, probe Probe) error {
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	seen := ""
	for wait := pollFirst; ; wait = min(wait*3/2, pollMost) {
		now, done, err := probe(ctx)
		switch {
		case done:
			return nil
		case ctx.Err() == nil && err != nil:
			return fmt.Errorf("cannot wait for %s: %w", what, err)
		case ctx.Err() == nil:
			seen = now
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no %s within %v; last seen: %s", what, limit, clip(seen))
		case <-time.After(wait):
		}
	}
}

// clip keeps the end of a long text: what was printed last says most.
func clip(s string) string {
	const most = 2000
	if s == "" {
		return "nothing"
	}
	if len(s) > most {
		return "… " + s[len(s)-most:]
	}
	return s
}
