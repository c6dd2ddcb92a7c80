package wanted

import (
	"cmp"
	"context"
	"path/filepath"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
)

// Verdict is what became of one thing that was asked for.
type Verdict struct {
	Object  string // such as gateway-default
	Healthy bool
	Reason  string // goes on where Object ends
	Fix     string // what mends it, where it is not healthy
}

// Look is where to look.
type Look struct {
	Root    string // prefix of the image's paths; "" is the image itself
	Environ env.Environ
	Home    profile.Home
	Scandir gateway.Scandir
	Now     time.Time
}

// Verdicts judges everything. Nothing was asked for where it returns nothing.
//
// contract: HEALTH-02, HEALTH-05, HEALTH-06
func (l Look) Verdicts(ctx context.Context) []Verdict {
	var all []Verdict
	for _, r := range l.Gateways() {
		all = append(all, l.gateway(r))
	}
	if v, asked := l.dashboard(ctx); asked {
		all = append(all, v)
	}
	return append(all, l.services()...)
}

// Gateways lists the reports of all gateways that somebody wants up.
func (l Look) Gateways() []gateway.Report {
	names, _ := l.Scandir.Profiles() // an unreadable scandir has nothing up
	var reports []gateway.Report
	for _, name := range names {
		if r, err := gateway.Inspect(l.Scandir, l.Home, name, l.Now); err == nil && r.AskedFor() {
			reports = append(reports, r)
		}
	}
	return reports
}

func (l Look) gateway(r gateway.Report) Verdict {
	v := Verdict{Object: r.Slot}
	v.Healthy, v.Reason = r.Verdict()
	switch {
	case !v.Healthy:
		v.Fix = r.Fix()
	case l.lacksAPIServer(r):
		v.Healthy, v.Reason = false, "has no API server: "+env.APIServer.String()+" is true, and the agent has not opened it"
		v.Fix = "docker logs this container; then " + profile.CommandLine(r.Profile, "gateway restart")
	}
	return v
}

// lacksAPIServer reports whether the container's variables ask for an API server of which a gateway that has started
// says nothing. One that could not be opened is in the gateway's own verdict.
func (l Look) lacksAPIServer(r gateway.Report) bool {
	started := r.Agent == "running" || r.Agent == "degraded"
	return r.Profile == profile.Default && started && env.APIServer.Yes(l.OfContainer(env.APIServer)) && r.Platforms[gateway.APIServer] == ""
}

// OfContainer returns the value that a variable has in the container, which docker exec may lack.
func (l Look) OfContainer(v env.Variable) string {
	return cmp.Or(l.Environ.Value(v), env.ReadOne(l.path(env.Dir), v))
}

// path is a path of the image.
func (l Look) path(p string) string { return filepath.Join("/", l.Root, p) }
