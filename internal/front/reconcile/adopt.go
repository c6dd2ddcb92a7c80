package reconcile

import (
	"context"
	"fmt"
	"io"
)

// Skips reports whether this container has no gateway slots at all, as its CMD is a dashboard's.
//
// contract: REC-08
func Skips(o Options) bool {
	o.Stderr = io.Discard // the boot has named what is wrong
	return newRun(o).read().Command.Dashboard
}

// Adopt registers the slot of a profile that appeared after the boot in a live scandir. A renamed one starts
// by the rules of the boot, and is recorded as wanted like there, but not while another container uses the
// volume, whose gateway this may be. A new one is down until somebody starts it, whatever the place that it was
// copied from has recorded.
//
// contract: PROF-05
func Adopt(ctx context.Context, o Options, name string, renamed bool) (Action, error) {
	r := newRun(o)
	r.only = name
	r.lookWhoHolds()
	for _, a := range Plan(r.read()) {
		if a.Profile != name {
			continue
		}
		a.Start = a.Start && renamed && !r.shared
		a.Record = a.Record && a.Start && !r.scandir.Has(name) // else its maker is the one to record something
		r.prepare(a)
		return a, r.scandir.Register(ctx, a.slot())
	}
	return Action{}, fmt.Errorf("profile %q is gone again", name)
}
