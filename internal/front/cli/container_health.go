package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"caduceus/internal/env"
	"caduceus/internal/front/command"
	"caduceus/internal/front/dashboard"
	"caduceus/internal/front/gateway"
	"caduceus/internal/s6"
)

const healthSchema = "caduceus.health/v1"

// health is one verdict about the container.
type health struct {
	Schema  string   `json:"schema"`
	Healthy bool     `json:"healthy"`
	Reasons []string `json:"reasons" schema:"minItems=1;doc=why not, or what was looked at"`
}

// containerHealth is the image's health check.
//
// contract: HEALTH-01
func (a *app) containerHealth() *cobra.Command {
	cmd := command.New(command.Verb{
		Use:     "health",
		Summary: "Print one line that says whether the container is healthy",
		Detail: `It is the image's health check. What was asked for has to be up: each gateway, and the dashboard. Where
nothing was, the boot has to be complete.`,
		Example: "docker exec hermes /command/hermes-health\ndocker exec hermes hermes container health --json",
		Exits:   []command.Exit{{Code: "0", Means: "healthy"}, {Code: "1", Means: "unhealthy"}, {Code: "2", Means: "wrong command line"}},
		ReadOn:  "guide/troubleshooting.md",
	})
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object, schema "+healthSchema)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		h := a.health(cmd.Context())
		word := "unhealthy"
		if h.Healthy {
			word = "healthy"
		}
		if *asJSON {
			if err := json.NewEncoder(a.Stdout).Encode(h); err != nil {
				return err
			}
		} else {
			a.print("%s: %s", word, strings.Join(h.Reasons, "; "))
		}
		if !h.Healthy {
			return exitCode(1)
		}
		return nil
	}
	return cmd
}

func (a *app) health(ctx context.Context) health {
	h := health{Schema: healthSchema}
	if !a.initRuns() {
		h.Reasons = []string{"no init supervises " + a.scandir.Path}
		return h
	}
	for _, p := range a.supervisors() {
		if !p.Past {
			h.Reasons = append(h.Reasons, p.Object+": "+p.Cause)
		}
	}
	if len(h.Reasons) > 0 {
		return h
	}
	h.Healthy = true
	add := func(ok bool, reason string) {
		h.Healthy = h.Healthy && ok
		h.Reasons = append(h.Reasons, reason)
	}
	for _, r := range a.wantedUp() {
		ok, reason := r.Verdict()
		add(ok, r.Slot+" "+reason)
	}
	if ok, reason := a.dashboardIfWanted(ctx); reason != "" {
		add(ok, reason)
	}
	if len(h.Reasons) == 0 {
		reason := "boot complete, no service is wanted up"
		ok := a.booted()
		if !ok {
			reason = "boot is not complete"
		}
		add(ok, reason)
	}
	return h
}

// booted reports whether the boot scripts are over: main-hermes, where there is one, starts after them.
func (a *app) booted() bool {
	status, err := s6.ReadStatus(filepath.Join(a.scandir.Path, "main-hermes"))
	return errors.Is(err, fs.ErrNotExist) || err == nil && status.Up()
}

// dashboardIfWanted judges the dashboard; true and "" if it is not wanted. Its slot is also up for a moment
// where it is off, until its run script has looked.
func (a *app) dashboardIfWanted(ctx context.Context) (ok bool, reason string) {
	status, err := s6.ReadStatus(filepath.Join(a.scandir.Path, "dashboard"))
	if err != nil || !status.WantUp {
		return true, ""
	}
	var e env.Environ
	for _, v := range []env.Variable{env.Dashboard, env.DashboardHost, env.DashboardPort} {
		e = e.With(v.String(), a.ofContainer(v))
	}
	if _, wanted := dashboard.Decide(e); !wanted {
		return true, ""
	}
	addresses, port := dashboard.Addresses(e)
	dialer := net.Dialer{Timeout: 500 * time.Millisecond}
	for _, address := range addresses {
		if conn, err := dialer.DialContext(ctx, "tcp", address); err == nil {
			_ = conn.Close()
			return true, "dashboard accepts"
		}
	}
	return false, "dashboard does not accept on port " + port
}

// ofContainer returns the value that a variable has in the container, which docker exec may lack.
func (a *app) ofContainer(v env.Variable) string {
	return cmp.Or(a.Environ.Value(v), env.ReadOne(a.path(env.Dir), v))
}

// wantedUp lists the reports of all gateways that somebody wants up.
func (a *app) wantedUp() []gateway.Report {
	names, _ := a.scandir.Profiles() // an unreadable scandir has nothing up
	var reports []gateway.Report
	for _, name := range names {
		if r, err := gateway.Inspect(a.scandir, a.home, name, a.Now()); err == nil && r.Wanted == "up" {
			reports = append(reports, r)
		}
	}
	return reports
}
