package env

import (
	"slices"
	"testing"

	"caduceus/internal/clause"
)

func TestEachKindOfSwitchTakesItsOwnWordsOnly(t *testing.T) {
	clause.Proves(t, "EXEC-02", "GW-06", "SHIM-01")
	for value, want := range map[string]struct{ exact, lower, loose bool }{
		"1":       {true, true, true},
		"true":    {true, true, true},
		"TRUE":    {true, true, true},
		"True":    {true, true, true},
		"yes":     {true, true, true},
		"YES":     {true, true, true},
		"Yes":     {true, true, true},
		"tRUE":    {false, true, true},
		"yEs":     {false, true, true},
		"on":      {false, false, true},
		"ON":      {false, false, true},
		" 1":      {false, false, true},
		"yes\n":   {false, false, true},
		"":        {},
		" ":       {},
		"0":       {},
		"2":       {},
		"no":      {},
		"off":     {},
		"false":   {},
		"y":       {},
		"t":       {},
		"garbage": {},
		"1 1":     {},
		"1 true":  {},
	} {
		if got := Exact("X").Yes(value); got != want.exact {
			t.Errorf("Exact: %q is %v", value, got)
		}
		if got := Lower("X").Yes(value); got != want.lower {
			t.Errorf("Lower: %q is %v", value, got)
		}
		if got := Loose("X").Yes(value); got != want.loose {
			t.Errorf("Loose: %q is %v", value, got)
		}
		if got := Filled("X").On(Environ{"X=" + value}); got != (value != "") {
			t.Errorf("Filled: %q is %v", value, got)
		}
	}
}

func TestEachSwitchHasItsOwnList(t *testing.T) {
	clause.Proves(t, "DASH-01", "DASH-02", "EXEC-02", "GW-06", "SHIM-01")
	type lists struct{ yes, no []string }
	exact := lists{[]string{"1", "true", "YES", "Yes"}, []string{"", "0", "tRUE", "on", " 1", "2", "garbage"}}
	loose := lists{[]string{"1", " On\n", "tRuE", "YES"}, []string{"", "0", "off", "y", "2"}}
	for v, want := range map[Switch]lists{
		Dashboard: exact, DashboardTUI: exact, DashboardInsecure: exact, ExecAsRoot: exact,
		NoSupervise:      {[]string{"1", "tRUE", "YES"}, []string{"", "0", "on", "1 "}},
		AllowRootGateway: loose, SkipConfigMigration: loose, MultiplexProfiles: loose, APIServer: loose, AllowAnyUID: loose,
		RespectStop: loose, AdoptVolumeOwner: loose, AllowApt: loose, ForwardOwner: loose,
	} {
		if slices.ContainsFunc(want.yes, func(value string) bool { return !v.Yes(value) }) || slices.ContainsFunc(want.no, v.Yes) {
			t.Errorf("%s has another list", v)
		}
	}
	if !SupervisedChild.On(Environ{"HERMES_S6_SUPERVISED_CHILD=0"}) || SupervisedChild.On(Environ{"HERMES_S6_SUPERVISED_CHILD="}) {
		t.Error("SupervisedChild takes anything that is not empty for yes")
	}
}

func TestTheFirstEntryOfAnEnvironmentCounts(t *testing.T) {
	e := Environ{"NOISE", "HERMES_ALLOW_APT_=1", "HERMES_ALLOW_APT=on", "HERMES_ALLOW_APT=0"}
	if !AllowApt.On(e) || AllowApt.On(e[:2]) || AllowApt.On(nil) {
		t.Error("want the third entry")
	}
	if AllowApt.On(e.With("HERMES_ALLOW_APT", "0")) || len(e) != 4 || !AllowApt.On(e) {
		t.Errorf("want a copy with the one value, and %q as it was", e)
	}
	if value, set := e.Lookup("NOISE"); set {
		t.Errorf("an entry without = is no variable: %q", value)
	}
}

func TestWhatSaysNoInSoManyWords(t *testing.T) {
	clause.Proves(t, "ENV-11")
	for _, value := range []string{"", "  ", "0", " 0 ", "False", "NO", "off\n"} {
		if !No(value) {
			t.Errorf("%q is no no", value)
		}
	}
	for _, value := range []string{"1", "n", "none", "00", "0 0", "false no"} {
		if No(value) {
			t.Errorf("%q is a no", value)
		}
	}
}

func TestANumberOutsideOfItsDomainIsTheDefault(t *testing.T) {
	clause.Proves(t, "ENV-11", "SUP-77")
	for value, want := range map[string]struct {
		n  int
		ok bool
	}{
		"": {3000, true}, "0": {0, true}, "00": {0, true}, " 7\n": {7, true}, "2147483647": {2147483647, true},
		"2147483648": {3000, false}, "-1": {3000, false}, "+1": {3000, false}, "3s": {3000, false}, " ": {3000, false},
		"1e3": {3000, false}, "0x10": {3000, false}, "1_0": {3000, false}, "٣": {3000, false},
	} {
		if n, ok := Number("X=3000").Parse(value); n != want.n || ok != want.ok {
			t.Errorf("%q: %d, %v", value, n, ok)
		}
	}
	if n, ok := Number("X").Parse(""); n != 0 || !ok {
		t.Errorf("without a default: %d, %v", n, ok)
	}
}

func TestKeepEnvIsANumberOtherThan0(t *testing.T) {
	clause.Proves(t, "ENV-02")
	for value, want := range map[string]bool{"": false, "0": false, "00": false, "1": true, "10": true, "yes": false} {
		if got := KeepEnv.Of(Environ{"S6_KEEP_ENV=" + value}) > 0; got != want {
			t.Errorf("S6_KEEP_ENV=%q: %v", value, got)
		}
	}
	if KeepEnv.Of(nil) > 0 {
		t.Error("kept without the variable")
	}
}
