package reconcile

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/front/profile"
)

func running(name string) Facts {
	return Facts{Name: name, HasFile: true, State: profile.State{Gateway: "running"}}
}

func TestWhichGatewaysABootStarts(t *testing.T) {
	clause.Proves(t, "GW-07", "HOLD-02", "REC-05", "REC-07", "REC-09", "REC-10", "STATE-10")
	state := func(name, word string) Facts {
		f := Facts{Name: name, HasFile: word != ""}
		f.State.Gateway = word
		return f
	}
	fresh := Facts{Name: profile.Default}
	run := Command{Gateway: true, Profile: profile.Default}
	cases := map[string]struct {
		in   Input
		want string // a line an action; * = migrates
	}{
		"a fresh volume":         {Input{Profiles: []Facts{fresh}}, "default None registered unknown"},
		"running comes back":     {Input{Profiles: []Facts{running("default")}}, "default running started unclean"},
		"stopped stays down":     {Input{Profiles: []Facts{state("default", "stopped")}}, "default stopped registered clean"},
		"failed stays down":      {Input{Profiles: []Facts{state("default", "startup_failed")}}, "default startup_failed registered unclean"},
		"starting stays down":    {Input{Profiles: []Facts{state("default", "starting")}}, "default starting registered unclean"},
		"other case is no match": {Input{Profiles: []Facts{state("default", "Running")}}, "default Running registered unclean"},
		"draining was running":   {Input{Profiles: []Facts{state("default", "draining")}}, "default running started unclean"},
		"each for itself": {
			Input{Profiles: []Facts{state("default", "stopped"), running("coder"), state("writer", "")}},
			"default stopped registered clean, coder running started unclean, writer None registered unknown",
		},
		"the agent's mark makes a clean end": {
			Input{Profiles: []Facts{{Name: "default", HasFile: true, Clean: true, State: profile.State{Gateway: "running"}}}},
			"default running started clean",
		},
		"a start that the agent has not noted yet": {
			Input{Profiles: []Facts{{Name: "default", HasFile: true, State: profile.State{Gateway: "stopped", Desired: "running"}}}},
			"default running started unknown",
		},
		"an intent beats the agent's word": {
			Input{Profiles: []Facts{{Name: "default", HasFile: true, State: profile.State{Gateway: "running"}, Intent: profile.Intent{Want: profile.Down}}}},
			"default stopped registered unclean",
		},

		"gateway run on a volume without state": {Input{Command: run, Profiles: []Facts{fresh}}, "default running started unknown *"},
		"an empty state file is a state file":   {Input{Command: run, Profiles: []Facts{{Name: "default", HasFile: true}}}, "default None registered unknown"},
		"gateway run, opted out by flag":        {Input{Command: Command{Gateway: true, Profile: "default", OptOut: true}, Profiles: []Facts{fresh}}, "default None registered unknown"},
		"gateway run, opted out by variable":    {Input{Command: run, OptOut: true, Profiles: []Facts{fresh}}, "default None registered unknown"},
		"gateway run of another profile":        {Input{Command: Command{Gateway: true, Profile: "coder"}, Profiles: []Facts{fresh}}, "default None registered unknown"},
		"a known request is no legacy container": {
			Input{Command: run, Profiles: []Facts{{Name: "default", Intent: profile.Intent{Want: profile.Down}}}},
			"default stopped registered unknown",
		},

		"CMD runs the gateway itself": {
			Input{Command: Command{Gateway: true, Profile: "default", OptOut: true}, Profiles: []Facts{running("default"), running("coder")}},
			"default running registered unclean, coder running started unclean",
		},
		"CMD runs a named gateway itself": {
			Input{Command: Command{Gateway: true, Profile: "coder"}, OptOut: true, Profiles: []Facts{running("default"), running("coder")}},
			"default running started unclean, coder running registered unclean",
		},
		"an opt-out without gateway run changes nothing": {Input{OptOut: true, Profiles: []Facts{running("default")}}, "default running started unclean"},

		"another container has the gateways": {
			Input{Elsewhere: true, Command: run, Profiles: []Facts{running("default"), running("coder")}},
			"default running registered unclean, coder running registered unclean",
		},
		"gateway run on a fresh volume that another container has": {Input{Elsewhere: true, Command: run, Profiles: []Facts{fresh}}, "default None registered unknown"},
		"multiplexing leaves the named ones down": {
			Input{Multiplex: true, Profiles: []Facts{running("default"), running("coder")}},
			"default running started unclean, coder running registered unclean",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, a := range Plan(c.in) {
				line := strings.NewReplacer("profile=", "", "prior_state=", "", "action=", "").Replace(a.String()) + " " + a.Exit
				if a.Migrate {
					line += " *"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a boot starts is recorded as wanted, once, unless it is already; what it leaves down is nobody's request.
func TestABootRecordsWhatItStarts(t *testing.T) {
	clause.Proves(t, "REC-05", "REC-07", "REC-09", "REC-10", "STATE-08")
	at := time.Unix(1_000_000, 0)
	up, down := profile.Intent{Want: profile.Up, At: at}, profile.Intent{Want: profile.Down, At: at}
	run := Command{Gateway: true, Profile: profile.Default}
	fact := func(s profile.State, i profile.Intent) Facts {
		return Facts{Name: "coder", HasFile: true, State: s, Intent: i}
	}
	cases := map[string]struct {
		in   Input
		want bool
	}{
		"the agent said that it ran":       {Input{Profiles: []Facts{running("coder")}}, true},
		"a verb of another image asked":    {Input{Profiles: []Facts{fact(profile.State{Desired: "running"}, profile.Intent{})}}, true},
		"somebody asked after a stop":      {Input{Profiles: []Facts{fact(profile.State{Desired: "running", Updated: at.Add(time.Hour), ByVerb: true}, down)}}, true},
		"the old gateway wrote stopped":    {Input{Profiles: []Facts{fact(profile.State{Desired: "stopped", Updated: at}, up)}}, true},
		"a container that never had state": {Input{Command: run, Profiles: []Facts{{Name: profile.Default}}}, true},

		"it is recorded, before any state": {Input{Profiles: []Facts{fact(profile.State{}, up)}}, false},
		"it is recorded twice":             {Input{Profiles: []Facts{fact(profile.State{Desired: "running"}, up)}}, false},
		"stopped":                          {Input{Profiles: []Facts{fact(profile.State{Gateway: "running"}, down)}}, false},
		"another container has them":       {Input{Elsewhere: true, Profiles: []Facts{running("coder")}}, false},
		"multiplexed":                      {Input{Multiplex: true, Profiles: []Facts{running("coder")}}, false},
		"CMD's own":                        {Input{OptOut: true, Command: Command{Gateway: true, Profile: "coder"}, Profiles: []Facts{running("coder")}}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if a := Plan(c.in)[0]; a.Record != c.want || a.Record && !a.Start {
				t.Errorf("record %t, want %t: %+v", a.Record, c.want, a)
			}
		})
	}
}

func TestWhichContainersWantAGateway(t *testing.T) {
	clause.Proves(t, "HOLD-01")
	stopped := Facts{Name: "default", HasFile: true, State: profile.State{Gateway: "stopped"}}
	for name, c := range map[string]struct {
		in   Input
		want bool
	}{
		"a chat":                        {Input{Profiles: []Facts{stopped}}, false},
		"a fresh volume":                {Input{Profiles: []Facts{{Name: "default"}}}, false},
		"a running one was recorded":    {Input{Profiles: []Facts{stopped, running("coder")}}, true},
		"gateway run":                   {Input{Command: Command{Gateway: true, Profile: "default"}, Profiles: []Facts{stopped}}, true},
		"gateway run in the foreground": {Input{OptOut: true, Command: Command{Gateway: true, Profile: "default"}, Profiles: []Facts{stopped}}, true},
		"a dashboard":                   {Input{Command: Command{Dashboard: true}}, false},
	} {
		if got := wants(c.in); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestWhatCMDAsksFor(t *testing.T) {
	clause.Proves(t, "GW-03", "REC-07", "REC-08", "REC-10")
	resolve := func(s profile.Selection) (string, error) { return profile.Resolve(s, profile.Home("/none"), false) }
	run := Command{Gateway: true, Profile: "default"}
	for line, want := range map[string]Command{
		"gateway run":                           run,
		"hermes gateway run":                    run,
		"/opt/hermes/bin/hermes gateway run -v": run,
		"gateway":                               run,
		"gateway run --replace":                 run,
		"-p default gateway run":                run,
		"gateway run --no-supervise":            {Gateway: true, Profile: "default", OptOut: true},
		"-p ghost gateway run":                  {},
		"gateway run --help":                    {},
		"gateway run --bogus":                   {},
		"gateway start":                         {},
		"dashboard --host 0.0.0.0":              {Dashboard: true},
		"hermes dashboard":                      {Dashboard: true},
		"chat dashboard":                        {},
		"sleep infinity":                        {},
		"":                                      {},
	} {
		if diff := cmp.Diff(want, ParseCommand(strings.Fields(line), resolve)); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	}
}

func TestAForeignStateStaysOnItsLine(t *testing.T) {
	clause.Proves(t, "REC-11", "STATE-09")
	a := Action{Profile: "x", Prior: "running\n2026 profile=evil", KillTime: time.Second}
	if got, want := a.String(), `profile=x prior_state="running\n2026 profile=evil" action=registered`; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}
