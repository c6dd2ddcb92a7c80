package gateway

import (
	"testing"

	"caduceus/internal/clause"
)

// The case of each condition differs from the redirected call in one fact only, so that without a condition its case
// fails, and no other.
func TestWhatGatewayRunBecomes(t *testing.T) {
	clause.Proves(t, "GW-01", "GW-04", "GW-06", "GW-17", "GW-18", "RUN-05", "SHIM-01")
	redirected := Facts{InitRuns: true}
	with := func(change func(*Facts)) Facts {
		f := redirected
		change(&f)
		return f
	}
	cases := map[string]struct {
		facts Facts
		want  Outcome
	}{
		"gateway run in the container is redirected": {redirected, Redirect},

		"without an init of ours it stays in the foreground": {with(func(f *Facts) { f.InitRuns = false }), Foreground},
		"the supervised child is not redirected again":       {with(func(f *Facts) { f.SupervisedChild = true }), Foreground},
		"--no-supervise opts out":                            {with(func(f *Facts) { f.NoSuperviseFlag = true }), Foreground},
		"the environment opts out":                           {with(func(f *Facts) { f.NoSuperviseEnv = true }), Foreground},

		"root that drops to hermes under an init is redirected": {with(func(f *Facts) { f.StartedAsRoot = true }), Redirect},
		"root that keeps root is refused":                       {with(func(f *Facts) { f.StartedAsRoot, f.KeepsRoot = true, true }), Refuse},
		"root that keeps root is allowed on purpose":            {with(func(f *Facts) { f.KeepsRoot, f.RootAllowed = true, true }), Redirect},
		"root without an init is refused": {
			Facts{StartedAsRoot: true}, Refuse,
		},
		"root without an init is allowed on purpose": {
			Facts{StartedAsRoot: true, RootAllowed: true}, Foreground,
		},
		"root is refused before the opt-out counts": {
			Facts{InitRuns: true, KeepsRoot: true, NoSuperviseFlag: true}, Refuse,
		},
		"root is refused before the sentinel counts": {
			Facts{InitRuns: true, KeepsRoot: true, SupervisedChild: true}, Refuse,
		},

		"a stopped gateway starts on gateway run":           {with(func(f *Facts) { f.Stopped = true }), Redirect},
		"a stopped gateway stays down where stops count":    {with(func(f *Facts) { f.Stopped, f.RespectStop = true, true }), StayDown},
		"respecting stops does not stop one that ran":       {with(func(f *Facts) { f.RespectStop = true }), Redirect},
		"an opt-out beats a stop that is to be respected":   {Facts{InitRuns: true, Stopped: true, RespectStop: true, NoSuperviseEnv: true}, Foreground},
		"the child of a started slot beats a recorded stop": {Facts{InitRuns: true, Stopped: true, RespectStop: true, SupervisedChild: true}, Foreground},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Decide(c.facts); got != c.want {
				t.Errorf("Decide(%+v) = %q, want %q", c.facts, got, c.want)
			}
		})
	}
}
