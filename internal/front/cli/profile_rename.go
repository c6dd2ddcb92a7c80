package cli

import (
	"context"
	"errors"
	"fmt"

	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
	"caduceus/internal/procfs"
	"caduceus/internal/s6"
)

// profileRename renames a profile with its slot. The gateway stops before its directory moves, and the
// renamed one is wanted as the old one was. That is recorded before the move: from then on main-hermes, or
// the boot after a kill, may find the new name. The old slot goes last: by it main-hermes knows a rename
// from a new profile.
//
// contract: PROF-05
func (a *app) profileRename(ctx context.Context, words []string) error {
	if err := a.moveElsewhere(); err != nil {
		return err
	}
	words = positional(words)
	if !a.initRuns() || len(words) != 2 {
		return a.becomeAgent()
	}
	from, to := profile.Canonical(words[0]), profile.Canonical(words[1])
	if profile.CheckName(from) != nil || profile.CheckName(to) != nil || !a.scandir.Has(from) {
		return a.becomeAgent()
	}
	wanted := a.wanted(from)
	unrecorded, err := a.halt(ctx, from, wanted)
	if err != nil {
		return a.failed(errors.Join(err, a.resume(ctx, from, wanted)))
	}
	code, err := a.runAgent(ctx, nil)
	if err != nil || code != 0 {
		return firstError(err, a.resume(ctx, from, wanted), ended(code))
	}
	if err = a.ensureSlot(ctx, to, wanted == profile.Up); err == nil {
		err = a.resume(ctx, to, wanted) // main-hermes, or the agent, may have registered it down
	}
	if err != nil {
		a.say("⚠ Could not register s6 gateway service: %v", err)
	}
	if err := a.scandir.Unregister(ctx, from); err != nil {
		a.say("⚠ Could not unregister s6 gateway service: %v", err)
	}
	return unrecorded
}

// wanted is what has to be on record of a gateway when its profile moves; "" leaves the record as it is, and
// the gateway down. The supervisor's status says what is wanted now, but not against a recorded stop, whose
// signal may not be obeyed yet. A state without a request is a copy's, of a gateway elsewhere.
func (a *app) wanted(name string) profile.Want {
	dir := a.home.Dir(name)
	state, _ := profile.ReadState(dir)   // what cannot be read is no request
	intent, _ := profile.ReadIntent(dir) // likewise
	asked := ""
	if intent.Want != "" || state.Desired != "" {
		asked = profile.Prior(state, intent, procfs.MachineBoot(procfs.Root))
	}
	status, err := s6.ReadStatus(a.scandir.Dir(name))
	switch up := err == nil && status.WantUp; {
	case up && asked != profile.Stopped:
		return profile.Up
	case asked == profile.Stopped, asked == "" && profile.HasState(dir):
		return profile.Down
	}
	return ""
}

// halt stops a gateway and records what is wanted of it: before, so that a kill meanwhile loses nothing, and
// after, as the gateway writes its last state while it ends. unrecorded is what it returns if that failed.
func (a *app) halt(ctx context.Context, name string, wanted profile.Want) (unrecorded, err error) {
	unrecorded = a.record(name, wanted)
	if wanted != profile.Up && gateway.IsDown(a.scandir.Dir(name)) {
		return unrecorded, nil
	}
	if err := a.scandir.StopAndWait(ctx, name, a.home.Dir(name), a.Now()); err != nil {
		return unrecorded, err
	}
	return a.record(name, wanted), nil
}

// resume brings a halted gateway up again, or that of its new name, if it is wanted.
func (a *app) resume(ctx context.Context, name string, wanted profile.Want) error {
	if wanted != profile.Up {
		return nil
	}
	return a.scandir.BringUp(ctx, name)
}

// record writes down what is wanted of a gateway, nothing for "". A failure keeps nobody; it is printed, and returned as an
// exit code.
//
// contract: STATE-04
func (a *app) record(name string, want profile.Want) error {
	if want == "" {
		return nil
	}
	if err := profile.Record(a.home.Dir(name), want, a.Now()); err != nil {
		a.warn(fmt.Errorf("cannot record that gateway %q is wanted %s: %w", name, want, err))
		return exitCode(1)
	}
	return nil
}
