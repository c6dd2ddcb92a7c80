package cli

import (
	"context"
	"fmt"
	"os"

	"caduceus/internal/front/profile"
	"caduceus/internal/s6"
)

// profileDelete deletes a profile: the agent asks and deletes, then the slot goes, also one that an
// earlier deletion left behind. The agent stops the gateway by itself; where it does not see the
// init, the supervisor must not start it again meanwhile.
//
// contract: PROF-04
func (a *app) profileDelete(ctx context.Context, words []string) error {
	if err := a.moveElsewhere(); err != nil {
		return err
	}
	words = positional(words)
	if !a.initRuns() || len(words) != 1 {
		return a.becomeAgent()
	}
	name := profile.Canonical(words[0])
	if profile.CheckName(name) != nil || name == profile.Default {
		return a.becomeAgent()
	}
	dir := a.home.Dir(name)
	before, err := os.Open(dir) // held, so that a directory made anew cannot get its inode
	if err == nil {
		defer func() { _ = before.Close() }()
	}
	resume := func() {}
	if !a.agentKnows() {
		resume = a.suspendRestarts(name)
	}
	code, err := a.runAgent(ctx, nil)
	if err != nil || sameDir(before, dir) { // cancelled, or failed
		resume()
		return firstError(err, ended(code))
	}
	if err := a.scandir.Unregister(ctx, name); err != nil {
		a.say("⚠ Could not unregister s6 gateway service: %v", err)
	}
	if before != nil { // its gateway may have written into a directory of its own meanwhile
		if err := os.RemoveAll(dir); err != nil {
			a.say("hermes: %v", err)
		}
	}
	return ended(code)
}

// sameDir reports whether path is still the open directory.
func sameDir(open *os.File, path string) bool {
	if open == nil {
		return false
	}
	was, err := open.Stat()
	if err != nil {
		return false
	}
	is, err := os.Stat(path)
	return err == nil && os.SameFile(was, is)
}

// suspendRestarts has the supervisor not start a gateway again once it ends, and returns what undoes that.
func (a *app) suspendRestarts(name string) (resume func()) {
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
