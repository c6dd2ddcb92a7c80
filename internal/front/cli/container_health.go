package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/front/gateway"
	"caduceus/internal/s6"
	"caduceus/internal/variable"
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
// contract: HEALTH-01, HEALTH-02
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
	h.Healthy = true
	add := func(ok bool, reason string) {
		h.Healthy = h.Healthy && ok
		h.Reasons = append(h.Reasons, reason)
	}
	for _, r := range a.wantedUp() {
		ok, reason := judge(r)
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

// booted says whether the boot scripts are over: main-hermes, where there is one, starts after them.
func (a *app) booted() bool {
	status, err := s6.ReadStatus(filepath.Join(a.scandir.Path, "main-hermes"))
	return errors.Is(err, fs.ErrNotExist) || err == nil && status.Up()
}

// judge says whether a gateway that is wanted up is healthy.
//
// contract: HEALTH-02
func judge(r gateway.Report) (ok bool, reason string) {
	const grace = 60 // seconds for which a start may take
	switch {
	case r.CrashLoop != nil:
		return false, "is in a crash loop: " + crashText(*r.CrashLoop)
	case !r.Up():
		return false, "is " + r.State
	}
	var fatal, retrying []string
	for _, name := range slices.Sorted(maps.Keys(r.Platforms)) {
		switch r.Platforms[name] {
		case "fatal":
			fatal = append(fatal, printable(name))
		case "retrying":
			retrying = append(retrying, "retrying "+printable(name))
		}
	}
	switch {
	case len(fatal) == 1:
		return false, "has a fatal platform: " + fatal[0]
	case len(fatal) > 1:
		return false, "has fatal platforms: " + strings.Join(fatal, ", ")
	}
	switch r.Agent {
	case "running", "draining", "degraded":
		return true, strings.Join(append([]string{r.Agent}, retrying...), ", ")
	}
	if r.UptimeSeconds <= grace {
		return true, "starts"
	}
	return false, fmt.Sprintf("is up for %d seconds, but the agent says %q", r.UptimeSeconds, r.Agent)
}

// dashboardIfWanted judges the dashboard; true and "" if it is not wanted. Its slot is also up for a moment
// where it is off, until its run script has looked.
func (a *app) dashboardIfWanted(ctx context.Context) (ok bool, reason string) {
	const name = "HERMES_DASHBOARD"
	status, err := s6.ReadStatus(filepath.Join(a.scandir.Path, "dashboard"))
	if err != nil || !status.WantUp || !variable.True(name, a.containerEnv(name)) {
		return true, ""
	}
	return a.dashboard(ctx)
}

// dashboard asks whether the dashboard's port accepts.
func (a *app) dashboard(ctx context.Context) (ok bool, reason string) {
	hosts, port := dashboardAddress(a.containerEnv("HERMES_DASHBOARD_HOST"), a.containerEnv("HERMES_DASHBOARD_PORT"))
	dialer := net.Dialer{Timeout: 500 * time.Millisecond}
	for _, host := range hosts {
		if conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, port)); err == nil {
			_ = conn.Close()
			return true, "dashboard accepts"
		}
	}
	return false, "dashboard does not accept on port " + port
}

// dashboardAddress is where a dashboard with these two variables listens: as its slot's run script does, a
// value that cannot be is the default. Of all addresses it is asked on loopback; a socket of :: may be
// for IPv6 alone.
//
// contract: DASH-03, ENV-11
func dashboardAddress(host, port string) (hosts []string, usable string) {
	const loopback, standard = "127.0.0.1", "9119"
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || len(port) > 5 {
		port = standard
	}
	ip := net.ParseIP(host)
	switch {
	case host == "", strings.HasPrefix(host, "-"), strings.ContainsFunc(host, func(r rune) bool { return !ofHost(r) }):
		return []string{loopback}, port
	case ip == nil || !ip.IsUnspecified():
		return []string{host}, port
	case ip.To4() != nil:
		return []string{loopback}, port
	}
	return []string{"::1", loopback}, port
}

// ofHost says whether the run script takes r in a host.
func ofHost(r rune) bool {
	return r < utf8.RuneSelf && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune(".:%_-", r))
}

// containerEnv is a variable of the container, which docker exec may lack; "" if there is none.
func (a *app) containerEnv(name string) string {
	if value := a.getenv(name); value != "" {
		return value
	}
	b, err := os.ReadFile(a.path("/run/s6/container_environment/" + name))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(b), "\n")
}

// wantedUp lists the reports of all gateways that the supervisor was told to keep up.
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
