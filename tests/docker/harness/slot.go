package harness

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Slot is what s6-svstat says of a service directory.
type Slot struct {
	Up, WantedUp bool
	PID          int // -1 when down
}

func (s Slot) String() string {
	return fmt.Sprintf("up=%t wantedup=%t pid=%d", s.Up, s.WantedUp, s.PID)
}

// Slot asks s6-svstat about /run/service/NAME, as hermes.
func (c *Container) Slot(ctx context.Context, name string) (Slot, error) {
	res, err := c.Exec(ctx, Exec{Cmd: []string{"/command/s6-svstat", "-o", "up,wantedup,pid", "/run/service/" + name}})
	if err != nil {
		return Slot{}, err
	}
	f := strings.Fields(res.Stdout)
	if res.Code != 0 || len(f) != 3 {
		return Slot{}, fmt.Errorf("cannot read slot %q: s6-svstat: %s", name, res)
	}
	pid, err := strconv.Atoi(f[2])
	if err != nil {
		return Slot{}, fmt.Errorf("cannot read slot %q: s6-svstat: %s", name, res)
	}
	return Slot{Up: f[0] == "true", WantedUp: f[1] == "true", PID: pid}, nil
}

// WaitSlot polls a slot until ok holds of its state, and returns that.
func (c *Container) WaitSlot(ctx context.Context, name, what string, limit time.Duration, ok func(Slot) bool) (Slot, error) {
	var last Slot
	err := Poll(ctx, fmt.Sprintf("slot %q %s", name, what), limit, func(ctx context.Context) (string, bool, error) {
		got, err := c.Slot(ctx, name)
		if err != nil {
			return err.Error(), false, c.dead(ctx)
		}
		last = got
		return got.String(), ok(got), nil
	})
	return last, err
}

// WaitLog polls the container's output until it contains text. It goes on to
// look once more when the container has ended.
func (c *Container) WaitLog(ctx context.Context, text string, limit time.Duration) error {
	return Poll(ctx, fmt.Sprintf("%q in the container's output", text), limit,
		func(ctx context.Context) (string, bool, error) {
			ended := c.dead(ctx)
			all, err := c.AllLogs(ctx)
			if err != nil {
				return "", false, err
			}
			return all, strings.Contains(all, text), ended
		})
}

// WaitSh polls a script of the shell, as hermes, until it exits 0.
func (c *Container) WaitSh(ctx context.Context, what, script string, limit time.Duration) (Result, error) {
	var last Result
	err := Poll(ctx, what, limit, func(ctx context.Context) (string, bool, error) {
		res, err := c.Sh(ctx, script)
		if err != nil {
			return err.Error(), false, c.dead(ctx)
		}
		last = res
		return res.String(), res.Code == 0, nil
	})
	return last, err
}
