package reconcile

import (
	"slices"
	"time"

	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
)

// Input is all that decides what a boot does with the profiles.
type Input struct {
	Command     Command
	OptOut      bool // HERMES_GATEWAY_NO_SUPERVISE is true
	Multiplex   bool // one gateway, the default one, serves all profiles
	Elsewhere   bool // another container has the gateways of this volume
	MachineBoot time.Time
	Profiles    []Facts // default first
}

// Command is what the container's CMD asks for.
type Command struct {
	Dashboard bool   // its first word is dashboard
	Gateway   bool   // it is `gateway run`
	Profile   string // whose gateway that is
	OptOut    bool   // it has --no-supervise
}

// Facts is what the volume says about one profile.
type Facts struct {
	Name     string
	HasFile  bool // there is a state file, of whatever content
	State    profile.State
	Intent   profile.Intent
	Clean    bool          // the agent left its mark of a clean shutdown
	KillTime time.Duration // configured time to drain; 0: none
}

// Action is what happens to one profile's slot.
type Action struct {
	Profile  string
	Prior    string // the recorded state, "" for none
	Exit     string // clean, unclean or unknown: how the gateway ended
	Start    bool   // the slot starts; else it is registered with a down file
	Migrate  bool   // write the state file of a container that never had one
	Record   bool   // record first that it is wanted: what says so now is lost once it starts
	KillTime time.Duration
}

// Plan decides for each profile. A slot starts if its recorded state is "running", but for four
// rules: beside a container that has the gateways of this volume none starts; a container started as `gateway run` on a volume without state runs its gateway, as it did
// before there were slots; with multiplexing the named ones wait; and the gateway that CMD itself runs
// in the foreground has no second one beside it.
//
// What starts is recorded as wanted, as if somebody had asked for it: the agent's first word is "starting",
// and a container that is killed then would leave nothing that says more. What stays down is not: it may be
// wanted again without multiplexing, or under another CMD.
//
// contract: REC-05
func Plan(in Input) []Action {
	foreground := in.Command.Gateway && (in.Command.OptOut || in.OptOut)
	actions := make([]Action, 0, len(in.Profiles))
	for _, p := range in.Profiles {
		a := Action{
			Profile:  p.Name,
			Prior:    profile.Prior(p.State, p.Intent, in.MachineBoot),
			KillTime: p.KillTime,
		}
		a.Exit = exit(p, a.Prior)
		ofCommand := in.Command.Gateway && in.Command.Profile == p.Name
		if p.Name == profile.Default && ofCommand && !foreground && !in.Elsewhere && !p.HasFile && p.Intent.Want == "" {
			a.Prior, a.Migrate = profile.Running, true
		}
		a.Start = a.Prior == profile.Running && !in.Elsewhere &&
			(!in.Multiplex || p.Name == profile.Default) &&
			(!foreground || !ofCommand)
		a.Record = a.Start && !recorded(p)
		actions = append(actions, a)
	}
	return actions
}

// recorded reports whether a gateway stays wanted whatever it writes next: that keeps desired_state, and a stop
// in it, left by one that was asked to end, would be newer than the intent.
func recorded(p Facts) bool {
	return p.Intent.Want == profile.Up && (p.State.Desired == "" || p.State.Desired == profile.Running)
}

// wants reports whether a container runs a gateway: one that starts, or CMD itself.
func wants(in Input) bool {
	return in.Command.Gateway || slices.ContainsFunc(Plan(in), func(a Action) bool { return a.Start })
}

// exit is how the gateway of a profile ended last time. A "stopped" of the agent's counts only where a
// stop is what was asked for: a gateway that starts takes a while to write its own state.
//
// contract: STATE-10
func exit(p Facts, prior string) string {
	switch {
	case p.Clean:
		return "clean"
	case p.State.Gateway == "":
		return "unknown"
	case p.State.Gateway != profile.Stopped:
		return "unclean"
	case prior == profile.Stopped:
		return "clean"
	}
	return "unknown"
}

// ParseCommand reads the words of CMD, the wrapper not among them. resolve names the profile of a
// command line; an error means that the agent will refuse it.
//
// contract: REC-07
func ParseCommand(words []string, resolve func(profile.Selection) (string, error)) Command {
	if len(words) > 0 && isHermes(words[0]) {
		words = words[1:]
	}
	if len(words) > 0 && words[0] == "dashboard" {
		return Command{Dashboard: true}
	}
	selection := profile.Parse(words)
	run, ok := gateway.ParseRun(selection.Rest)
	if !ok || run.Help {
		return Command{}
	}
	name, err := resolve(selection)
	if err != nil {
		return Command{}
	}
	return Command{Gateway: true, Profile: name, OptOut: run.NoSupervise}
}
