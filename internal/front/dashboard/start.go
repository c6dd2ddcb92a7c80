package dashboard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"caduceus/internal/env"
)

// Start is how the dashboard starts.
type Start struct {
	Host, Port string
	Lines      []string // for the operator, in this order
}

// Words are the words after `hermes` that start the dashboard.
//
// contract: DASH-03
func (s Start) Words() []string {
	return []string{"dashboard", "--host", s.Host, "--port", s.Port, "--no-open"}
}

// Decide is how the dashboard starts; false if it is not wanted.
//
// contract: DASH-03
func Decide(e env.Environ) (Start, bool) {
	if !env.Dashboard.On(e) {
		return Start{}, false
	}
	var s Start
	say := func(format string, v ...any) { s.Lines = append(s.Lines, fmt.Sprintf(format, v...)) }
	var usable bool
	if s.Host, usable = host(e.Value(env.DashboardHost)); !usable {
		say("ignoring %s=%s: not a host name or address; using %s", env.DashboardHost, env.Shown(e.Value(env.DashboardHost)), s.Host)
	}
	if s.Port, usable = port(e.Value(env.DashboardPort)); !usable {
		say("ignoring %s=%s: not a port; using %s", env.DashboardPort, env.Shown(e.Value(env.DashboardPort)), s.Port)
	}
	if env.DashboardInsecure.On(e) {
		say("WARNING: %s is set and has no effect.", env.DashboardInsecure)
		say("WARNING: The dashboard never serves a host other than loopback without sign-in.")
		say("WARNING: Set HERMES_DASHBOARD_BASIC_AUTH_USERNAME and _PASSWORD, or an OAuth or OIDC client.")
		say("WARNING: Or keep it on 127.0.0.1 and reach it through an SSH tunnel.")
	}
	if !env.DashboardTUI.On(e) {
		say("%s is not set; this agent has no switch for the chat tab, so it stays on.", env.DashboardTUI)
	}
	hint := ""
	if IsLoopback(s.Host) {
		hint = fmt.Sprintf("; set %s=0.0.0.0 (and a sign-in) to publish it", env.DashboardHost)
	}
	say("starting the dashboard on %s port %s%s", s.Host, s.Port, hint)
	return s, true
}

// ofHost are the characters of host names and addresses, with the zone of an IPv6 one.
const ofHost = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.:%_-"

// host is where a dashboard with this value listens: the default, with false, if it can be no host.
func host(value string) (string, bool) {
	switch {
	case value == "":
		return env.DashboardHost.Default(), true
	case strings.HasPrefix(value, "-"), strings.Trim(value, ofHost) != "":
		return env.DashboardHost.Default(), false
	}
	return value, true
}

// port is the port of a dashboard with this value: the default, with false, if it can be none.
func port(value string) (string, bool) {
	if value == "" {
		return env.DashboardPort.Default(), true
	}
	if n, err := strconv.ParseUint(value, 10, 16); err != nil || n == 0 || len(value) > len("65535") {
		return env.DashboardPort.Default(), false
	}
	return value, true
}

// IsLoopback reports whether the agent takes a host for loopback, where it wants no sign-in.
//
// contract: DASH-03
func IsLoopback(host string) bool {
	return slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, host)
}
