package checks

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"caduceus/tests/docker/harness"
)

const dashboardProcess = `hermes dashboard --host`

// dashboardChecks are about the supervised dashboard.
// contract: DASH-01 DASH-03 DASH-04 DASH-05 DASH-06 DASH-07 DASH-08 DASH-09 DASH-10 DASH-11 DASH-12 DASH-13 RCP-04
func dashboardChecks() []Check {
	return []Check{
		{
			Name: "HERMES_DASHBOARD=1 brings a supervised dashboard beside the gateway", Clauses: []string{"DASH-01", "DASH-03", "DASH-04", "DASH-06", "DASH-11", "DASH-13", "RCP-04"},
			Doc: "docker run -e HERMES_DASHBOARD=1 IMG gateway run; asks port 9119 inside", Run: dashboard,
		},
		{
			Name: "a killed dashboard is back with a new pid", Clauses: []string{"DASH-08"},
			Doc: "kill -9 of the dashboard in an idle container", Run: dashboardCrash,
		},
		{
			Name: "a dashboard open to the network without a provider stays closed", Clauses: []string{"DASH-10"},
			Doc: "docker run -e HERMES_DASHBOARD=1 -e HERMES_DASHBOARD_HOST=0.0.0.0 IMG sleep infinity", Run: dashboardClosed,
		},
		{
			Name: "a dashboard open to the network with a provider asks for sign-in", Clauses: []string{"DASH-05", "DASH-07", "DASH-09"},
			Doc: "HERMES_DASHBOARD_HOST=0.0.0.0 with an OAuth client id and HERMES_DASHBOARD_INSECURE", Run: dashboardSignIn,
		},
		{
			Name: "flags after dashboard reach the agent as they are", Clauses: []string{"DASH-12"},
			Doc: "docker run IMG dashboard --port 9200 --no-open --insecure",
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := s.Start(ctx, harness.Spec{Cmd: []string{"dashboard", "--port", "9200", "--no-open", "--insecure"}})
				if err != nil {
					return err
				}
				_, err = c.WaitProcess(ctx, `python\S* \S+/hermes dashboard --port 9200 --no-open --insecure$`, 0, bootLimit)
				return broken("DASH-12", err)
			},
		},
		{
			Name: "HERMES_DASHBOARD=on is not true", Clauses: []string{"DASH-01"},
			Doc: "docker run -e HERMES_DASHBOARD=on IMG sleep infinity",
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := startIdle(ctx, s, harness.Spec{Env: map[string]string{"HERMES_DASHBOARD": "on"}})
				if err != nil {
					return err
				}
				_, err = c.WaitSlot(ctx, "dashboard", "down", verbLimit, down)
				return broken("DASH-01", err)
			},
		},
	}
}

// answers waits until the dashboard serves its own status on loopback.
func answers(ctx context.Context, c *harness.Container) error {
	_, err := c.WaitSh(ctx, "answer of the dashboard on 127.0.0.1:9119",
		`curl -fsS --max-time 3 http://127.0.0.1:9119/api/status`, gatewayLimit)
	return err
}

func dashboard(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{Cmd: []string{"gateway", "run"}, Env: map[string]string{"HERMES_DASHBOARD": "1"}})
	if err != nil {
		return err
	}
	if err := booted(ctx, c); err != nil {
		return err
	}
	p, err := c.WaitProcess(ctx, dashboardProcess, 0, bootLimit)
	if err != nil {
		return broken("DASH-01", err)
	}
	var errs []error
	if p.UID != 10000 {
		errs = append(errs, violates("DASH-01", "want it to run as hermes, got %s", p))
	}
	if !strings.HasSuffix(p.Args, "hermes dashboard --host 127.0.0.1 --port 9119 --no-open") {
		errs = append(errs, violates("DASH-03", "got the command line %q", p.Args))
	}
	if strings.Contains(p.Args, "--insecure") {
		errs = append(errs, violates("DASH-04", "got the command line %q", p.Args))
	}
	if err := answers(ctx, c); err != nil {
		return errors.Join(append(errs, broken("RCP-04", err))...)
	}
	out, stderr, err := c.Logs(ctx)
	if err != nil {
		return err
	}
	if !regexp.MustCompile(`(?m)^\[dashboard\] .`).MatchString(out + stderr) {
		errs = append(errs, violates("DASH-06", "no line begins with [dashboard]:\n%s%s", out, stderr))
	}
	start := regexp.MustCompile(`(?m)^\[dashboard\] .*127\.0\.0\.1.*9119(.*\n)*?.*HERMES_DASHBOARD_HOST=0\.0\.0\.0`)
	if !start.MatchString(out + stderr) {
		errs = append(errs, violates("DASH-11", "no start line with host, port and the way out:\n%s%s", out, stderr))
	}
	if err := gatewayRuns(ctx, c); err != nil {
		return errors.Join(append(errs, broken("DASH-13", err))...)
	}
	_, err = c.WaitSh(ctx, "gateway_running in the dashboard's status",
		`curl -fsS http://127.0.0.1:9119/api/status | tee /dev/stderr | grep -Eq '"gateway_running": *true'`, verbLimit)
	errs = append(errs, broken("DASH-13", err))
	if err := quiet(ctx, c, "gateway", "stop"); err != nil {
		return errors.Join(append(errs, err)...)
	}
	_, err = c.WaitSh(ctx, "no gateway_running in the dashboard's status",
		`curl -fsS http://127.0.0.1:9119/api/status | tee /dev/stderr | grep -Eq '"gateway_running": *false'`, verbLimit)
	return errors.Join(append(errs, broken("DASH-13", err))...)
}

func dashboardCrash(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Env: map[string]string{"HERMES_DASHBOARD": "yes"}})
	if err != nil {
		return err
	}
	p, err := c.WaitProcess(ctx, dashboardProcess, 0, bootLimit)
	if err != nil {
		return broken("DASH-01", err)
	}
	if err := answers(ctx, c); err != nil {
		return broken("DASH-08", err)
	}
	res, err := c.Sh(ctx, `p=$(pgrep -f '[h]ermes dashboard --host') && tr '\0' '\n' </proc/$p/environ | grep -x HOME=/opt/data && kill -9 $p`)
	if err != nil || res.Code != 0 {
		return violates("DASH-08", "want hermes to read its environment and to kill it, got %s (%v)", res, err)
	}
	if _, err := c.WaitProcess(ctx, dashboardProcess, p.PID, verbLimit); err != nil {
		return broken("DASH-08", err)
	}
	return broken("DASH-08", answers(ctx, c))
}

func dashboardClosed(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Env: map[string]string{"HERMES_DASHBOARD": "1", "HERMES_DASHBOARD_HOST": "0.0.0.0"}})
	if err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "HERMES_DASHBOARD_BASIC_AUTH_", gatewayLimit); err != nil {
		return broken("DASH-10", err)
	}
	slot, err := c.Slot(ctx, "dashboard")
	if err != nil {
		return err
	}
	res, err := c.Sh(ctx, `curl -s --max-time 2 http://127.0.0.1:9119/`)
	if err == nil && (res.Code == 0 || !slot.WantedUp) {
		err = violates("DASH-10", "want a closed port and a slot wanted up, got %v and curl: %s", slot, res)
	}
	return err
}

func dashboardSignIn(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Env: map[string]string{
		"HERMES_DASHBOARD": "1", "HERMES_DASHBOARD_HOST": "0.0.0.0",
		"HERMES_DASHBOARD_OAUTH_CLIENT_ID": "agent:probe", "HERMES_DASHBOARD_INSECURE": "1",
	}})
	if err != nil {
		return err
	}
	if err := answers(ctx, c); err != nil {
		return broken("DASH-09", err)
	}
	var errs []error
	logs, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	if n := strings.Count(logs, "[dashboard] WARNING: "); n != 4 {
		errs = append(errs, violates("DASH-05", "want four warning lines, got %d:\n%s", n, logs))
	}
	if n := strings.Count(logs, "HERMES_DASHBOARD_TUI"); n != 1 {
		errs = append(errs, violates("DASH-07", "want one notice about the chat tab, got %d:\n%s", n, logs))
	}
	res, err := c.Sh(ctx, `u=http://127.0.0.1:9119/api; curl -s $u/auth/providers; curl -s -o /dev/null -w ' %{http_code} ' $u/sessions; curl -s $u/status`)
	if err == nil && !regexp.MustCompile(`(?s)nous.* 401 .*"auth_required": ?true`).MatchString(res.Stdout) {
		err = violates("DASH-09", "want provider nous, 401 for sessions and auth_required, got %s", res)
	}
	return errors.Join(append(errs, err)...)
}
