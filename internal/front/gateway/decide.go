package gateway

// Facts is all that decides what `gateway run` does.
type Facts struct {
	// InitRuns: an init of this image supervises the scandir; it need not be PID 1.
	InitRuns bool
	// SupervisedChild: HERMES_S6_SUPERVISED_CHILD is not empty; the slot's run script sets it.
	SupervisedChild bool
	// NoSuperviseFlag: the command line has --no-supervise.
	NoSuperviseFlag bool
	// NoSuperviseEnv: HERMES_GATEWAY_NO_SUPERVISE is 1, true or yes in any case, nothing else.
	NoSuperviseEnv bool

	// StartedAsRoot: the front was called with uid 0. KeepsRoot: it will not drop to hermes.
	StartedAsRoot, KeepsRoot bool
	// RootAllowed: HERMES_ALLOW_ROOT_GATEWAY is true.
	RootAllowed bool

	// RespectStop: HERMES_GATEWAY_RESPECT_STOP is true. Stopped: the recorded state is "stopped".
	RespectStop, Stopped bool
}

// Outcome is what `gateway run` becomes.
type Outcome string

// The outcomes of Decide.
const (
	Refuse     Outcome = "refuse"     // exit 1: a gateway of root leaves files behind that hermes cannot write
	Foreground Outcome = "foreground" // the agent's own `gateway run`, in this very process
	Redirect   Outcome = "redirect"   // start the slot, say so, become the heartbeat
	StayDown   Outcome = "stay down"  // say why the slot stays down, become the heartbeat
)

// Decide is the redirect decision. A gateway of root is refused before anything else is looked at. A call is redirected
// unless one of four conditions leads to the plain foreground gateway:
//
//  1. no init of this image runs, so nobody would supervise a slot;
//  2. this is the supervised child itself: redirected, it would start itself for ever;
//  3. the command line opts out;
//  4. the environment opts out.
//
// contract: GW-01
func Decide(f Facts) Outcome {
	asRoot := f.KeepsRoot || f.StartedAsRoot && !f.InitRuns
	if asRoot && !f.RootAllowed {
		return Refuse
	}
	switch {
	case !f.InitRuns:
		return Foreground
	case f.SupervisedChild:
		return Foreground
	case f.NoSuperviseFlag:
		return Foreground
	case f.NoSuperviseEnv:
		return Foreground
	}
	if f.RespectStop && f.Stopped {
		return StayDown
	}
	return Redirect
}
