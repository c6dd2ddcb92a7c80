package harness

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"caduceus/internal/verify/probe"
)

// Slot is what a supervisor says of its service.
type Slot struct {
	Up, WantedUp bool
	PID          int // -1 when down
}

func (s Slot) String() string {
	return fmt.Sprintf("up=%t wantedup=%t pid=%d", s.Up, s.WantedUp, s.PID)
}

// ErrUnsupervised is a slot that is not there, or whose supervisor is not.
var ErrUnsupervised = errors.New("slot without a supervisor that answers")

// Slot asks the probe what the supervisor of /run/service/NAME says.
func (c *Container) Slot(ctx context.Context, name string) (Slot, error) {
	answer, err := c.Ask(ctx, probe.Slot, "/run/service/"+name)
	if err != nil {
		return Slot{}, err
	}
	if len(answer.Slots) != 1 || answer.Slots[0].Error != "" || !answer.Slots[0].Supervised {
		return Slot{}, fmt.Errorf("%w: %q: %+v", ErrUnsupervised, name, answer.Slots)
	}
	state := answer.Slots[0]
	slot := Slot{Up: state.Up, WantedUp: state.WantUp, PID: state.PID}
	if !slot.Up {
		slot.PID = -1
	}
	return slot, nil
}

// WaitSlot polls a slot until ok holds of its state, and returns that.
func (c *Container) WaitSlot(ctx context.Context, name, what string, limit time.Duration, ok func(Slot) bool) (Slot, error) {
	var last Slot
	err := Poll(ctx, fmt.Sprintf("slot %q %s", name, what), limit, func(ctx context.Context) (string, bool, error) {
		got, err := c.Slot(ctx, name)
		if err != nil {
			return err.Error(), false, c.Dead(ctx)
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
			ended := c.Dead(ctx)
			all, err := c.AllLogs(ctx)
			if err != nil {
				return "", false, err
			}
			return all, strings.Contains(all, text), ended
		})
}

// lastBootLine ends what a boot says before its main program begins.
const lastBootLine = " booted in "

// WaitBootLog waits until the engine has kept what the boot said: it keeps lines a moment after they were written, also when the
// main program runs already. An image whose boot says less, and a terminal, are waited for in vain, and not for long.
func (c *Container) WaitBootLog(ctx context.Context) {
	if !c.tty {
		_ = c.WaitLog(ctx, lastBootLine, 2*time.Second)
	}
}

// WaitSh polls a script of the shell, as hermes, until it exits 0. Where no tool may be asked, it does not wait.
func (c *Container) WaitSh(ctx context.Context, what, script string, limit time.Duration) (Result, error) {
	var last Result
	err := Poll(ctx, what, limit, func(ctx context.Context) (string, bool, error) {
		res, err := c.Sh(ctx, script)
		if errors.Is(err, ErrTools) {
			return "", false, err
		}
		if err != nil {
			return err.Error(), false, c.Dead(ctx)
		}
		last = res
		return res.String(), res.Code == 0, nil
	})
	return last, err
}
