package wanted

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"caduceus/internal/env"
	"caduceus/internal/front/dashboard"
	"caduceus/internal/front/gateway"
	"caduceus/internal/launch"
	"caduceus/internal/s6"
)

// dashboardSlot is the name of the dashboard's service.
const dashboardSlot = "dashboard"

// dashboard judges the dashboard; asked is false where nobody asked for it.
//
// contract: HEALTH-06
func (l Look) dashboard(ctx context.Context) (v Verdict, asked bool) {
	var e env.Environ
	for _, v := range []env.Variable{env.Dashboard, env.DashboardHost, env.DashboardPort} {
		e = e.With(v.String(), l.OfContainer(v))
	}
	if _, asked := dashboard.Decide(e); !asked {
		return Verdict{}, false
	}
	v = Verdict{Object: dashboardSlot, Fix: "docker logs this container; one that has just started needs some seconds"}
	dir := filepath.Join(l.Scandir.Path, dashboardSlot)
	status, err := s6.ReadStatus(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.Reason, v.Fix = "is not there: the boot has not started its service", "docker restart this container"
		return v, true
	case err == nil && !status.WantUp && !status.Up():
		v.Reason, v.Fix = "is down, and nothing will start it: "+launch.Ended(status.Wait), "docker exec -u 0 hermes /command/s6-svc -u "+dir
		return v, true
	}
	addresses, port := dashboard.Addresses(e)
	dialer := net.Dialer{Timeout: 500 * time.Millisecond}
	for _, address := range addresses {
		if conn, err := dialer.DialContext(ctx, "tcp", address); err == nil {
			_ = conn.Close()
			return Verdict{Object: dashboardSlot, Healthy: true, Reason: "accepts"}, true
		}
	}
	v.Reason = "does not accept on port " + port
	return v, true
}

// services judges the services that the boot starts, the dashboard apart. Those that are well are not listed.
//
// contract: HEALTH-06
func (l Look) services() []Verdict {
	var down []Verdict
	for _, dir := range []string{"/run/s6-rc/servicedirs", "/run/s6/legacy-services"} {
		entries, _ := os.ReadDir(l.path(dir)) // without services there is none
		for _, e := range entries {
			if e.Name() == dashboardSlot || strings.HasPrefix(e.Name(), ".") {
				continue
			}
			path := filepath.Join(l.path(dir), e.Name())
			if reason := trouble(path, l.Now); reason != "" {
				down = append(down, Verdict{
					Object: "service " + e.Name(), Reason: reason,
					Fix: "docker logs this container; then docker exec -u 0 hermes /command/s6-svc -u " + path + ", or -D if it is to stay down",
				})
			}
		}
	}
	return down
}

// trouble is what is wrong with a service that the boot has started, or "". One with a down file may be down.
func trouble(dir string, now time.Time) string {
	status, err := s6.ReadStatus(dir)
	if err != nil {
		return ""
	}
	if b, crashing, err := s6.ReadBackoff(dir); err == nil && crashing {
		return "is in a crash loop: " + gateway.CrashOf(b, now).String()
	}
	if status.Up() || status.NotStarted && !status.WantUp {
		return ""
	}
	if f, failing, err := s6.ReadStartFailure(dir); err == nil && failing && status.WantUp {
		return "does not start: " + f.Cause
	}
	if normallyUp, err := s6.NormallyUp(dir); err == nil && normallyUp && !status.WantUp {
		return "is down, and nothing will start it: " + launch.Ended(status.Wait)
	}
	return ""
}
