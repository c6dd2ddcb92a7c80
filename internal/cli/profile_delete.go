package cli

import (
	"context"
	"fmt"
	"os"

	"caduceus/internal/profile"
	"caduceus/internal/s6"
)

// profileDelete deletes a profile: the agent asks and deletes, then the slot goes, also one that an
// earlier deletion left behind. The agent stops the gateway by itself; where it does not see the
// init, the supervisor must not start it again meanwhile.
//
// contract: PROF-04, RUN-05
func (a *app) profileDelete(ctx context.Context) error {
	words := positional(a.selection.Rest[2:])
	if !a.initRuns() || len(words) != 1 {
		return a.becomeAgent()
	}
	name := profile.Canonical(words[0])
	if profile.CheckName(name) != nil || name == profile.Default {
		return a.becomeAgent()
	}
	release := func() {}
	if !a.agentSeesInit() {
		release = a.hold(name)
	}
	code, err := a.runAgent(ctx, nil)
	if info, statErr := os.Stat(a.home.Dir(name)); statErr == nil && info.IsDir() {
		release() // cancelled, or failed
		return firstError(err, ended(code))
	}
	if err := a.scandir.Unregister(ctx, name); err != nil {
		a.say("⚠ Could not unregister s6 gateway service: %v", err)
	}
	return firstError(err, ended(code))
}

// hold keeps a gateway that is up from being started again once it ends, and returns what undoes that.
func (a *app) hold(name string) (release func()) {
	dir := a.scandir.Dir(name)
	status, err := s6.ReadStatus(dir)
	if err != nil || !status.WantUp {
		return func() {}
	}
	const once, up = "O", "u"
	if err := s6.SendControl(dir, once); err != nil {
		a.say("hermes: %v", fmt.Errorf("gateway %q may start again while it is deleted: %w", name, err))
		return func() {}
	}
	return func() {
		if err := s6.SendControl(dir, up); err != nil {
			a.say("hermes: cannot keep gateway %q up: %v", name, err)
		}
	}
}
