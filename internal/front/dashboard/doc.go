// Package dashboard is the one set of rules about the supervised dashboard: whether it is wanted, how it is
// started, where it can be reached, and what happens once it has ended. All are functions from variables
// to values.
//
// `hermes container dashboard` and `dashboard-ended`, which the service's run and finish scripts execute, obey
// them; the health check asks where the dashboard listens. A dashboard that somebody runs by
// hand, or as the container's CMD, is the agent's alone.
package dashboard
