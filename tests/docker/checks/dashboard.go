package checks

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"caduceus/tests/docker/harness"
)

const (
	dashboardProcess = `hermes dashboard --host`
	// dashboardLimit is how long one may take to its first answer, or to give up:
	// it loads more than a gateway does.
	dashboardLimit = 3 * time.Minute
)

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
			Doc: "docker run -e HERMES_DASHBOARD=1 -e HERMES_DASHBOARD_HOST=0.0.0.0 IMG sleep infinity", Run: dashboardClosed("0.0.0.0"),
		},
		{
			Name: "a dashboard on an address of loopback that the agent does not know stays closed, too", Clauses: []string{"DASH-10"},
			Doc: "docker run -e HERMES_DASHBOARD=1 -e HERMES_DASHBOARD_HOST=127.0.0.2 IMG sleep infinity", Run: dashboardClosed("127.0.0.2"),
		},
		{
			Name: "a dashboard open to the network with a provider asks for sign-in", Clauses: []string{"DASH-04", "DASH-05", "DASH-07", "DASH-09"},
			Doc: "HERMES_DASHBOARD_HOST=0.0.0.0 with an OAuth client id and HERMES_DASHBOARD_INSECURE", Run: dashboardSignIn,
		},
		{
			Name: "flags after dashboard reach the agent as they are", Clauses: []string{"DASH-12"},
			Doc: "docker run IMG dashboard --port 9200 --no-open --insecure", Run: dashboardFlags,
		},
		{
			Name: "the dashboard is wanted up before the main program runs", Clauses: []string{"DASH-01"},
			Doc: "docker run -e HERMES_DASHBOARD=1 IMG /command/s6-svstat -o wantedup /run/service/dashboard", Run: dashboardFirst,
		},
		{
			Name: "host and port of the dashboard can be chosen", Clauses: []string{"DASH-03"},
			Doc: "HERMES_DASHBOARD_HOST=localhost and HERMES_DASHBOARD_PORT=9333", Run: dashboardElsewhere,
		},
		{
			Name: "no other variable moves the dashboard off loopback, and those of sign-in reach it", Clauses: []string{"DASH-03", "DASH-09"},
			Doc: "HERMES_DASHBOARD_INSECURE, API_SERVER_HOST=0.0.0.0 and all variables of sign-in; reads its environment", Run: dashboardStays,
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
		`curl -fsS --max-time 3 http://127.0.0.1:9119/api/status`, dashboardLimit)
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
	out, stderr, err := dashboardOutput(ctx, c)
	if err != nil {
		return errors.Join(append(errs, broken("DASH-06", err))...)
	}
	own := regexp.MustCompile(`(?m)^(?:[^[\n]|\[[^d\n]).*(?:9119|web dist|Uvicorn|INFO:|HERMES_DASHBOARD)`) // what only a dashboard says
	if own.MatchString(out + "\n" + stderr) {
		errs = append(errs, violates("DASH-06", "want every line of the dashboard prefixed, got on stdout:\n%s\non stderr:\n%s", out, stderr))
	}
	start := regexp.MustCompile(`(?m)^\[dashboard\] .*127\.0\.0\.1.*9119(.*\n)*?.*HERMES_DASHBOARD_HOST=0\.0\.0\.0`)
	if !start.MatchString(stderr) {
		errs = append(errs, violates("DASH-11", "no start line with host, port and the way out on stderr:\n%s", stderr))
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

// dashboardOutput is what a container printed, once each stream has a line of the dashboard.
func dashboardOutput(ctx context.Context, c *harness.Container) (out, stderr string, err error) {
	const prefix = "\n[dashboard] "
	err = harness.Poll(ctx, "line that begins with [dashboard] on each stream", verbLimit, func(ctx context.Context) (string, bool, error) {
		out, stderr, err = c.Logs(ctx)
		return out + stderr, strings.Contains("\n"+out, prefix) && strings.Contains("\n"+stderr, prefix), err
	})
	return out, stderr, err
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

func dashboardClosed(host string) func(context.Context, *harness.Subject) error {
	return func(ctx context.Context, s *harness.Subject) error {
		c, err := startIdle(ctx, s, harness.Spec{Env: map[string]string{"HERMES_DASHBOARD": "1", "HERMES_DASHBOARD_HOST": host}})
		if err != nil {
			return err
		}
		if err := c.WaitLog(ctx, "HERMES_DASHBOARD_BASIC_AUTH_", dashboardLimit); err != nil {
			return broken("DASH-10", err)
		}
		_, err = c.WaitSh(ctx, "a second try", `n=$(/command/s6-svstat -o restarts /run/service/dashboard); echo $n; test "$n" -ge 1`, dashboardLimit)
		if err != nil {
			return broken("DASH-10", err)
		}
		slot, err := c.Slot(ctx, "dashboard")
		if err != nil {
			return err
		}
		res, err := c.Sh(ctx, `curl -s --max-time 2 http://`+host+`:9119/`)
		if err == nil && (res.Code == 0 || !slot.WantedUp) {
			err = violates("DASH-10", "want a closed port and a slot wanted up, got %v and curl: %s", slot, res)
		}
		return err
	}
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
	if p, err := c.WaitProcess(ctx, dashboardProcess, 0, verbLimit); err != nil || strings.Contains(p.Args, "--insecure") {
		errs = append(errs, violates("DASH-04", "want no --insecure, got %s (%v)", p, err))
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

// dashboardFlags also opens it to the network without a provider: --insecure changes nothing.
func dashboardFlags(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{Cmd: []string{"dashboard", "--port", "9200", "--no-open", "--insecure"}})
	if err != nil {
		return err
	}
	if _, err := c.WaitProcess(ctx, `python\S* \S+/hermes dashboard --port 9200 --no-open --insecure$`, 0, bootLimit); err != nil {
		return broken("DASH-12", err)
	}
	open, err := s.Start(ctx, harness.Spec{Cmd: []string{"dashboard", "--host", "0.0.0.0", "--no-open", "--insecure"}})
	if err != nil {
		return err
	}
	ended, err := open.Wait(ctx, dashboardLimit)
	if err != nil {
		return broken("DASH-12", err)
	}
	logs, err := open.AllLogs(ctx)
	if err == nil && (ended.Code == 0 || !strings.Contains(logs, "no auth providers are registered")) {
		err = violates("DASH-12", "want no dashboard open to the network, got exit code %d and:\n%s", ended.Code, logs)
	}
	return err
}

func dashboardFirst(ctx context.Context, s *harness.Subject) error {
	code, out, errs, err := run(ctx, s, harness.Spec{
		Cmd: []string{"/command/s6-svstat", "-o", "wantedup", "/run/service/dashboard"}, Env: map[string]string{"HERMES_DASHBOARD": "1"},
	})
	if err == nil && (code != 0 || !strings.Contains("\n"+out, "\ntrue\n")) {
		err = violates("DASH-01", "want true from the main program, got exit code %d and:\n%s%s", code, out, errs)
	}
	return err
}

func dashboardElsewhere(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Env: map[string]string{
		"HERMES_DASHBOARD": "True", "HERMES_DASHBOARD_HOST": "localhost", "HERMES_DASHBOARD_PORT": "9333",
	}})
	if err != nil {
		return err
	}
	_, err = c.WaitSh(ctx, "answer on localhost:9333 alone, and health",
		`curl -fsS --max-time 3 http://localhost:9333/api/status && ! ss -ltnH | grep -F :9119 && /command/hermes-health`, dashboardLimit)
	return broken("DASH-03", err)
}

func dashboardStays(ctx context.Context, s *harness.Subject) error {
	signIn := []string{"BASIC_AUTH_USERNAME", "BASIC_AUTH_PASSWORD", "OAUTH_CLIENT_ID", "OIDC_ISSUER", "OIDC_CLIENT_ID"}
	env := map[string]string{"HERMES_DASHBOARD": "1", "HERMES_DASHBOARD_INSECURE": "1", "API_SERVER_HOST": "0.0.0.0"}
	for _, name := range signIn {
		env["HERMES_DASHBOARD_"+name] = "https://probe.invalid/" + name
	}
	c, err := startIdle(ctx, s, harness.Spec{Env: env})
	if err != nil {
		return err
	}
	p, err := c.WaitProcess(ctx, dashboardProcess, 0, bootLimit)
	if err != nil || !strings.Contains(p.Args, " --host 127.0.0.1 ") {
		return violates("DASH-03", "want it on 127.0.0.1, got %s (%v)", p, err)
	}
	res, err := c.Sh(ctx, `tr '\0' '\n' </proc/$(pgrep -f '[h]ermes dashboard --host')/environ`)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range signIn {
		if want := "HERMES_DASHBOARD_" + name + "=https://probe.invalid/" + name + "\n"; !strings.Contains(res.Stdout, want) {
			errs = append(errs, violates("DASH-09", "the dashboard has no %s", want))
		}
	}
	return errors.Join(errs...)
}
