package boot

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"caduceus/internal/launch"
	"caduceus/internal/pid1/fixattrs"
	"caduceus/internal/pid1/program"
)

// runHook runs the program that S6_STAGE2_HOOK names.
func (b *boot) runHook(ctx context.Context) error {
	hook := b.Settings.Now().Hook
	if len(hook) == 0 {
		return nil
	}
	if code := b.run(ctx, hook...); code != 0 {
		return stage2Error{code, fmt.Errorf("hook %q exited %d", strings.Join(hook, " "), code)}
	}
	return nil
}

// runBase brings up the bundle base, and beside it the services of user that do not wait for it.
func (b *boot) runBase(ctx context.Context) error {
	go func() { b.user <- b.Services.Start(ctx, "user") }()
	defer b.Services.BaseIsUp()
	return errors.Join(b.fixAttrs(ctx), b.runContInit(ctx))
}

// afterSetup is the first boot script that may count on the ids that hermes keeps: those before it settle them.
const afterSetup = "015"

// runContInit runs the boot scripts in bytewise order. One that fails does not keep the next from
// its turn. The user's supervisor starts before the first that may need it.
//
// spec: SUP-67
func (b *boot) runContInit(ctx context.Context) (err error) {
	scripts, err := program.Scripts(b.Settings.Etc("cont-init.d"))
	handOver := sync.OnceFunc(func() { err = errors.Join(err, b.Services.StartUser(ctx)) })
	defer handOver()
	for _, script := range scripts {
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if filepath.Base(script) >= afterSetup {
			handOver()
		}
		b.at.Store(&script)
		b.Of("cont-init").Infof("running %s", script)
		code := b.run(ctx, script)
		if ctx.Err() != nil {
			return errors.Join(err, fmt.Errorf("%q was cut short: %w", script, ctx.Err()))
		}
		b.Of("cont-init").Infof("%s exited %d", script, code)
		if code != 0 {
			err = errors.Join(err, fmt.Errorf("%q exited %d", script, code))
		}
	}
	return err
}

// fixAttrs applies the files of fix-attrs.d.
//
// spec: SUP-67
func (b *boot) fixAttrs(ctx context.Context) error {
	files, err := program.Scripts(b.Settings.Etc("fix-attrs.d"))
	for _, file := range files {
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		b.Of("fix-attrs").Warnf("%s: fix-attrs.d is deprecated, set owners and modes when the image is built", file)
		err = errors.Join(err, fixattrs.Apply(file, b.Settings.Now().FixHidden))
	}
	return err
}

// awaitUser waits for the bundle user, which has been starting since runBase, and starts the slots that boot scripts have made
// beside it.
func (b *boot) awaitUser(ctx context.Context) error {
	var slots sync.WaitGroup
	defer slots.Wait()
	slots.Go(func() { b.Services.StartSlots(ctx) })
	select {
	case err := <-b.user:
		return err
	case <-b.Stop.Asked().Done():
		return ctx.Err()
	}
}

// startUser2 starts the bundle user2.
func (b *boot) startUser2(ctx context.Context) error { return b.Services.Start(ctx, "user2") }

// run runs a program to its end and returns its exit code, or the one for a program that cannot be
// executed.
func (b *boot) run(ctx context.Context, argv ...string) int {
	ws, err := b.Programs.Run(ctx, argv)
	b.Log.Flush(flushGrace) // what runs next prints after it
	if err != nil {
		return launch.ErrorCode(err)
	}
	return launch.Code(ws)
}
