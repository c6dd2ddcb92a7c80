package dashboard

import "caduceus/internal/env"

// noSignIn is the hint about a dashboard that nobody could sign in to.
const noSignIn = "No sign-in is configured for a dashboard outside loopback. Set HERMES_DASHBOARD_BASIC_AUTH_USERNAME and " +
	"HERMES_DASHBOARD_BASIC_AUTH_PASSWORD, or HERMES_DASHBOARD_OAUTH_CLIENT_ID, or HERMES_DASHBOARD_OIDC_ISSUER " +
	"and HERMES_DASHBOARD_OIDC_CLIENT_ID."

// Ended is what follows from the end of a dashboard with this exit code, as a finish script gets it: whether
// it stays down, and a line for the operator, or "". One that gives up outside of loopback, and has no
// provider of a sign-in among its variables, most likely lacks that; its configuration file may have one.
//
// contract: DASH-10
func Ended(e env.Environ, code string) (stayDown bool, hint string) {
	if !env.Dashboard.On(e) {
		return true, ""
	}
	name, _ := host(e.Value(env.DashboardHost))
	if code != "1" || IsLoopback(name) {
		return false, ""
	}
	for _, provider := range []env.Text{env.DashboardUser, env.DashboardOAuth, env.DashboardOIDC} {
		if e.Value(provider) != "" {
			return false, ""
		}
	}
	return false, noSignIn
}
