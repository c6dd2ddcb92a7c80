package doctor

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/front/dashboard"
	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
)

// noGateway tells who expects a gateway how to get one.
func noGateway(_ context.Context, c Container) []Finding {
	if !c.Supervised {
		return nil
	}
	words, _ := env.ReadCommand(c.path(env.CommandFile)) // without it the container has no words
	for len(words) > 0 && slices.Contains([]string{"main-wrapper.sh", "hermes"}, filepath.Base(words[0])) {
		words = words[1:]
	}
	if len(c.Gateways) > 0 || len(words) > 0 && slices.Contains([]string{"dashboard", "serve", "gateway"}, words[0]) {
		return nil
	}
	return one("gateway", "none is to run: no bot answers",
		"docker exec hermes hermes gateway start; or give the container the command gateway run")
}

// noPlatform names a gateway that nobody can reach, and platforms that it cannot reach.
func noPlatform(_ context.Context, c Container) []Finding {
	var found []Finding
	for _, r := range c.Gateways {
		if healthy, _ := r.Verdict(); !healthy || r.Agent != "running" && r.Agent != "degraded" {
			continue
		}
		if len(r.Platforms) == 0 {
			found = append(found, Finding{
				r.Slot, "it serves no messaging platform and no API: nobody can reach it",
				"docker exec -it hermes " + profile.CommandLine(r.Profile, "gateway setup") + "; or docker run -e TELEGRAM_BOT_TOKEN=…",
			})
		}
		if list := r.Retrying(); len(list) > 0 {
			found = append(found, Finding{
				r.Slot, "it cannot reach " + strings.Join(list, ", ") + ", and tries again and again",
				"docker logs this container has the reason",
			})
		}
	}
	return found
}

// lastEnds names gateways that ended without being asked to.
//
// contract: GW-21
func lastEnds(_ context.Context, c Container) []Finding {
	var found []Finding
	for _, r := range c.Gateways {
		recent := r.Recent(c.Now)
		if len(recent) == 0 || !r.Up() { // a finding has the last one
			continue
		}
		last, fix := recent[0], "docker logs this container has the reason; hermes gateway status --json has the last ends"
		if slices.ContainsFunc(recent, gateway.End.IsMemory) {
			fix = "docker run --memory=4g, or let the agent do less at once"
		}
		found = append(found, Finding{
			r.Slot, fmt.Sprintf("in the last day it ended %s without being asked to, last at %s with %s",
				Times(len(recent)), last.At.Format(time.RFC3339), last), fix,
		})
	}
	return found
}

// Times is a number of times in words.
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// apiServer says why port 8642 is closed, or closed to the outside.
func apiServer(_ context.Context, c Container) []Finding {
	if !slices.ContainsFunc(c.Gateways, func(r gateway.Report) bool { return r.Profile == profile.Default }) {
		return nil
	}
	file := c.dotenv(profile.Default)
	setting := func(v env.Variable) string { return cmp.Or(c.ofContainer(v), file[v.String()]) }
	switch host := setting(env.APIServerHost); {
	case !env.APIServer.Yes(setting(env.APIServer)) && file[env.APIServerKey.String()] == "":
		return one("port 8642", "the API server is off, so docker run -p 8642:8642 leads nowhere: "+env.APIServer.String()+" is not true",
			`docker run -p 8642:8642 -e API_SERVER_ENABLED=true -e API_SERVER_HOST=0.0.0.0 -e API_SERVER_KEY="$(openssl rand -hex 32)"`)
	case dashboard.IsLoopback(cmp.Or(host, env.APIServerHost.Default())):
		return one("port 8642", "the API server listens on the container's own loopback, so docker run -p 8642:8642 does not reach it",
			"docker run -e API_SERVER_HOST=0.0.0.0, if it is to be reached from outside")
	}
	return nil
}

// dashboardPort says why port 9119 is closed, or closed to the outside.
func dashboardPort(_ context.Context, c Container) []Finding {
	switch host := c.ofContainer(env.DashboardHost); {
	case !c.Supervised:
		return nil
	case !env.Dashboard.Yes(c.ofContainer(env.Dashboard)):
		if len(c.Gateways) == 0 {
			return nil // who does not run the gateway here looks for no dashboard
		}
		return one("port 9119", "the dashboard is off, so docker run -p 9119:9119 leads nowhere: "+env.Dashboard.String()+" is not set",
			"docker run -e HERMES_DASHBOARD=1")
	case dashboard.IsLoopback(cmp.Or(host, env.DashboardHost.Default())):
		return one("port 9119", "the dashboard listens on the container's own loopback, so docker run -p 9119:9119 does not reach it",
			"docker run -e HERMES_DASHBOARD_HOST=0.0.0.0 and a sign-in, if it is to be reached from outside")
	}
	return nil
}

// ofContainer returns the value that a variable has in the container, which docker exec may lack.
func (c Container) ofContainer(v env.Variable) string {
	return cmp.Or(c.Environ.Value(v), env.ReadOne(c.path(env.Dir), v))
}
