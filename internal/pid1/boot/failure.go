package boot

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"caduceus/internal/pid1/container"
)

// limit returns the context of the steps from base to user2.
func (b *boot) limit() (context.Context, context.CancelFunc) {
	if limit := b.Settings.Now().WaitMax; limit > 0 {
		return context.WithTimeout(b.Stop.Asked(), limit)
	}
	return context.WithCancel(b.Stop.Asked())
}

// stage2Error is a failure with an exit code of its own.
type stage2Error struct {
	code int
	error
}

func (e stage2Error) Unwrap() error { return e.error }

// stage2Code is the exit code that a failed step has, should it stop the boot.
func stage2Code(err error) int {
	var own stage2Error
	switch {
	case errors.As(err, &own):
		return own.code
	case errors.Is(err, context.DeadlineExceeded):
		return container.ExitTimeout
	}
	return container.ExitStage2
}

// judge deals with the failure of a step: it goes on, warns, or stops the boot.
//
// contract: BOOT-04
func (b *boot) judge(step string, err error) {
	b.speak()
	behaviour := b.Settings.Now().IfStage2Fails
	switch {
	case behaviour >= 2:
		b.exit(stage2Code(err))
		b.Stop.Ask(fmt.Errorf("step %q of the boot failed: %w", step, err))
	case behaviour == 1:
		b.Warnf("step %q of the boot failed: %v", step, err)
	default:
		b.Infof("step %q of the boot failed, going on: %v", step, err)
	}
}

// exit sets the exit code of the container, which the stop may change.
func (b *boot) exit(code int) {
	if err := b.Exit.Set(code); err != nil {
		b.Warnf("%v", err)
	}
}

// missingCapability adds to an error what would have allowed the call.
func missingCapability(err error, capability string) string {
	if errors.Is(err, syscall.EPERM) {
		return fmt.Sprintf("%v (needs capability %s)", err, capability)
	}
	return err.Error()
}
