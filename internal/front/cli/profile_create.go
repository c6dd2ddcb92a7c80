package cli

import (
	"context"
	"errors"
	"slices"

	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
)

// profileCreate serves the verbs that make profiles: create, or import and install. The agent makes the
// profile; its gateway's slot is there when the command returns, down until somebody starts it.
//
// contract: PROF-01
func (a *app) profileCreate(ctx context.Context, create bool) error {
	if !a.initRuns() {
		return a.becomeAgent()
	}
	before, err := a.scandir.Profiles()
	if err != nil {
		return err
	}
	code, err := a.runAgent(ctx, nil)
	if err != nil || code != 0 {
		return firstError(err, ended(code))
	}
	var unrecorded error
	names, _ := a.home.Names()
	for _, name := range names {
		if name == profile.Default || slices.Contains(before, name) {
			continue
		}
		unrecorded = firstError(unrecorded, a.forgetState(name))
		said := create && a.agentKnows() && !a.scandir.Has(name) // the agent registers it; it failed, and has said why
		if err := a.ensureSlot(ctx, name, false); err != nil && !said {
			a.say("⚠ Could not register s6 gateway service: %v", err)
		}
	}
	return unrecorded
}

// forgetState records that the gateway of a new profile is not wanted up. An imported profile brings the
// state of the gateway that it was exported from, and the next boot must not start a second one.
func (a *app) forgetState(name string) error {
	dir := a.home.Dir(name)
	if intent, _ := profile.ReadIntent(dir); intent.Want == "" && !profile.HasState(dir) {
		return nil
	}
	return a.record(name, profile.Down)
}

// ensureSlot registers a slot for the profile. Where the agent has registered one by its own means, it
// gets our scripts: they brake in the init alone, and log to stdout when the volume's log is taken.
func (a *app) ensureSlot(ctx context.Context, name string, up bool) error {
	account, err := a.account()
	if err != nil {
		return err
	}
	d := a.scandir
	d.Account = account
	config, _ := profile.ReadConfig(a.home.Dir(name)) // a broken one means the default timeout
	slot := gateway.Slot{Profile: name, Up: up, KillTimeout: config.DrainTimeout}
	if !d.Has(name) {
		if err := d.Register(ctx, slot); !errors.Is(err, gateway.ErrExists) {
			return err
		}
	}
	return d.Rewrite(slot)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
