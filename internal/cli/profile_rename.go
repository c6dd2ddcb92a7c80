package cli

import (
	"context"

	"caduceus/internal/profile"
	"caduceus/internal/s6"
)

// profileRename renames a profile with its slot. The gateway stops before its directory moves, and the
// renamed one is wanted as the old one was.
//
// contract: PROF-05
func (a *app) profileRename(ctx context.Context) error {
	words := positional(a.selection.Rest[2:])
	if !a.initRuns() || len(words) != 2 {
		return a.becomeAgent()
	}
	from, to := profile.Canonical(words[0]), profile.Canonical(words[1])
	if profile.CheckName(from) != nil || profile.CheckName(to) != nil || !a.scandir.Has(from) {
		return a.becomeAgent()
	}
	dir := a.scandir.Dir(from)
	wanted := false
	if status, err := s6.ReadStatus(dir); err == nil && status.WantUp {
		wanted = true
		if err := a.scandir.StopAndWait(ctx, from, a.home.Dir(from), a.Now()); err != nil {
			return a.failed(err)
		}
	}
	code, err := a.runAgent(ctx, nil)
	if err != nil || code != 0 {
		if wanted {
			err = firstError(err, s6.SendControl(dir, "u"))
		}
		return firstError(err, ended(code))
	}
	if wanted { // the old state file says "stopped" by now
		if err := profile.Record(a.home.Dir(to), profile.Up, a.Now()); err != nil {
			a.say("hermes: cannot record that gateway %q is wanted up: %v", to, err)
		}
	}
	if err := a.scandir.Unregister(ctx, from); err != nil {
		a.say("⚠ Could not unregister s6 gateway service: %v", err)
	}
	if err := a.ensureSlot(ctx, to, wanted); err != nil {
		a.say("⚠ Could not register s6 gateway service: %v", err)
	}
	return nil
}
