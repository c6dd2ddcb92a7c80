package dashboard

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/env"
)

const (
	chatTab  = "HERMES_DASHBOARD_TUI is not set; this agent has no switch for the chat tab, so it stays on."
	loopHint = "; set HERMES_DASHBOARD_HOST=0.0.0.0 (and a sign-in) to publish it"
)

func TestItIsOffUnlessTheVariableSaysYes(t *testing.T) {
	clause.Proves(t, "DASH-01", "DASH-02")
	const blank = " 1"
	for value, want := range map[string]bool{
		blank: false, "1": true, "true": true, "TRUE": true, "True": true, "yes": true, "YES": true, "Yes": true,
		"": false, "0": false, "on": false, "tRUE": false, "2": false,
	} {
		e := env.Environ{"HERMES_DASHBOARD=" + value}
		_, starts := Decide(e)
		staysDown, hint := Ended(e, "0")
		if starts != want || staysDown == want || hint != "" {
			t.Errorf("HERMES_DASHBOARD=%q: starts %t, stays down %t, hint %q", value, starts, staysDown, hint)
		}
	}
	if _, starts := Decide(nil); starts {
		t.Error("it starts without the variable")
	}
}

func TestHowTheDashboardStarts(t *testing.T) {
	clause.Proves(t, "DASH-03", "DASH-04", "DASH-05", "DASH-07", "DASH-11", "ENV-11")
	for name, c := range map[string]struct {
		environ env.Environ
		words   string
		lines   []string
	}{
		"default": {
			nil, "--host 127.0.0.1 --port 9119", []string{chatTab, "starting the dashboard on 127.0.0.1 port 9119" + loopHint},
		},
		"elsewhere": {
			env.Environ{"HERMES_DASHBOARD_HOST=0.0.0.0", "HERMES_DASHBOARD_PORT=80", "HERMES_DASHBOARD_TUI=1"},
			"--host 0.0.0.0 --port 80",
			[]string{"starting the dashboard on 0.0.0.0 port 80"},
		},
		"other names of loopback": {
			env.Environ{"HERMES_DASHBOARD_HOST=::1", "HERMES_DASHBOARD_TUI=1"},
			"--host ::1 --port 9119",
			[]string{"starting the dashboard on ::1 port 9119" + loopHint},
		},
		"an address of loopback that the agent does not know": {
			env.Environ{"HERMES_DASHBOARD_HOST=127.0.0.2", "HERMES_DASHBOARD_TUI=1"},
			"--host 127.0.0.2 --port 9119",
			[]string{"starting the dashboard on 127.0.0.2 port 9119"},
		},
		"no host and no port": {
			env.Environ{"HERMES_DASHBOARD_HOST=--insecure", "HERMES_DASHBOARD_PORT=soon", "HERMES_DASHBOARD_TUI=1"},
			"--host 127.0.0.1 --port 9119",
			[]string{
				`ignoring HERMES_DASHBOARD_HOST="--insecure": not a host name or address; using 127.0.0.1`,
				`ignoring HERMES_DASHBOARD_PORT="soon": not a port; using 9119`,
				"starting the dashboard on 127.0.0.1 port 9119" + loopHint,
			},
		},
		"insecure changes nothing and says so in four lines": {
			env.Environ{"HERMES_DASHBOARD_INSECURE=yes", "HERMES_DASHBOARD_TUI=1"},
			"--host 127.0.0.1 --port 9119",
			[]string{
				"WARNING: HERMES_DASHBOARD_INSECURE is set and has no effect.",
				"WARNING: The dashboard never serves a host other than loopback without sign-in.",
				"WARNING: Set HERMES_DASHBOARD_BASIC_AUTH_USERNAME and _PASSWORD, or an OAuth or OIDC client.",
				"WARNING: Or keep it on 127.0.0.1 and reach it through an SSH tunnel.",
				"starting the dashboard on 127.0.0.1 port 9119" + loopHint,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			start, _ := Decide(append(slices.Clone(c.environ), "HERMES_DASHBOARD=1"))
			if diff := cmp.Diff("dashboard "+c.words+" --no-open", strings.Join(start.Words(), " ")); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.lines, start.Lines); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAValueInALineCannotBreakIt(t *testing.T) {
	clause.Proves(t, "ENV-11")
	start, _ := Decide(env.Environ{"HERMES_DASHBOARD=1", "HERMES_DASHBOARD_HOST=a\nb;$(id)", "HERMES_DASHBOARD_PORT=\x1b[2J" + strings.Repeat("9", 500)})
	for _, line := range start.Lines {
		if strings.ContainsAny(line, "\n\x1b") || len(line) > 250 {
			t.Errorf("not one short line: %q", line)
		}
	}
	if start.Host != "127.0.0.1" || start.Port != "9119" {
		t.Errorf("want 127.0.0.1 port 9119, got %s port %s", start.Host, start.Port)
	}
}

func TestWhereTheDashboardIsAskedForItsHealth(t *testing.T) {
	clause.Proves(t, "DASH-03", "ENV-11", "HEALTH-02")
	for _, c := range []struct{ host, port, want string }{
		{"", "", "127.0.0.1:9119"},
		{"localhost", "9333", "localhost:9333"},
		{"10.0.0.7", "1", "10.0.0.7:1"},
		{"0.0.0.0", "65535", "127.0.0.1:65535"},
		{"::", "09119", "[::1]:09119 127.0.0.1:09119"},
		{"::1", "9119", "[::1]:9119"},
		{"--help", "soon", "127.0.0.1:9119"},
		{"a b", "0", "127.0.0.1:9119"},
		{"é", "65536", "127.0.0.1:9119"},
		{"x;y", "-1", "127.0.0.1:9119"},
		{"h", "009119", "h:9119"},
		{"h", "+9120", "h:9119"},
	} {
		e := env.Environ{"HERMES_DASHBOARD=1", "HERMES_DASHBOARD_HOST=" + c.host, "HERMES_DASHBOARD_PORT=" + c.port}
		addresses, on := Addresses(e)
		if diff := cmp.Diff(c.want, strings.Join(addresses, " ")); diff != "" {
			t.Errorf("host %q, port %q:\n%s", c.host, c.port, diff)
		}
		if start, _ := Decide(e); start.Port != on {
			t.Errorf("port %q: it starts on %s and is asked on %s", c.port, start.Port, on)
		}
	}
}

func TestWhatFollowsFromItsEnd(t *testing.T) {
	clause.Proves(t, "DASH-02", "DASH-08", "DASH-10")
	outside := env.Environ{"HERMES_DASHBOARD=1", "HERMES_DASHBOARD_HOST=0.0.0.0"}
	for name, c := range map[string]struct {
		environ  env.Environ
		code     string
		stayDown bool
		hint     bool
	}{
		"off":                             {nil, "1", true, false},
		"killed":                          {outside, "256", false, false},
		"given up on loopback":            {env.Environ{"HERMES_DASHBOARD=1"}, "1", false, false},
		"given up outside, no sign-in":    {outside, "1", false, true},
		"ended well outside":              {outside, "0", false, false},
		"with a user":                     {outside.With("HERMES_DASHBOARD_BASIC_AUTH_USERNAME", "u"), "1", false, false},
		"with OAuth":                      {outside.With("HERMES_DASHBOARD_OAUTH_CLIENT_ID", "i"), "1", false, false},
		"with OIDC":                       {outside.With("HERMES_DASHBOARD_OIDC_ISSUER", "i"), "1", false, false},
		"127.0.0.2 is no loopback to it":  {outside.With("HERMES_DASHBOARD_HOST", "127.0.0.2"), "1", false, true},
		"what can be no host is loopback": {outside.With("HERMES_DASHBOARD_HOST", "-x"), "1", false, false},
	} {
		stayDown, hint := Ended(c.environ, c.code)
		if stayDown != c.stayDown || (hint != "") != c.hint {
			t.Errorf("%s: stays down %t, hint %q", name, stayDown, hint)
		}
	}
}
