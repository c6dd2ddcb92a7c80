package checks

import (
	"context"
	"errors"
	"regexp"

	"caduceus/tests/docker/harness"
)

// modeChecks ask for the health of containers by what they are for, sound and not.
// contract: HEALTH-02
func modeChecks() []Check {
	list := []Check{
		{
			Name: "the health of a gateway is that of its slot and its platforms", Clauses: []string{"HEALTH-02"},
			Doc: "gateway run; a fatal and a retrying platform, a stop, then an agent that is no program", Run: gatewayHealth,
		},
		{
			Name: "a gateway that is the main program is healthy while it lives", Clauses: []string{"HEALTH-02"},
			Doc: "gateway run --no-supervise", Run: foregroundHealth,
		},
		{
			Name: "a container is unhealthy during its boot and healthy after it", Clauses: []string{"HEALTH-02"},
			Doc: "asks in a script of cont-init and in CMD", Run: bootHealth,
		},
		{
			Name: "a dashboard that does not listen makes its container unhealthy", Clauses: []string{"HEALTH-02"},
			Doc: "HERMES_DASHBOARD=1 with a run script that sleeps",
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := startIdle(ctx, s, harness.Spec{
					Env:   map[string]string{"HERMES_DASHBOARD": "1"},
					Files: []harness.File{script("/etc/s6-overlay/s6-rc.d/dashboard/run", "exec sleep 98765")},
				})
				if err != nil {
					return err
				}
				return health(ctx, c, 1, `^unhealthy: dashboard does not accept on port 9119\n$`)
			},
		},
	}
	for name, env := range map[string]map[string]string{
		"a listening dashboard makes its container healthy":               {},
		"health asks a dashboard at the host and port that it was given":  {"HERMES_DASHBOARD_HOST": "localhost", "HERMES_DASHBOARD_PORT": "9333"},
		"health asks a dashboard with a bad host and port at the default": {"HERMES_DASHBOARD_HOST": "a b", "HERMES_DASHBOARD_PORT": "soon"},
	} {
		env["HERMES_DASHBOARD"] = "1"
		list = append(list, Check{
			Name: name, Clauses: []string{"HEALTH-02"}, Doc: "waits for health's line about the dashboard",
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := startIdle(ctx, s, harness.Spec{Env: env})
				if err != nil {
					return err
				}
				_, err = c.WaitSh(ctx, "health of the dashboard", `/command/hermes-health | grep -qx 'healthy: dashboard accepts'`, dashboardLimit)
				return broken("HEALTH-02", err)
			},
		})
	}
	return list
}

// health wants the health command to end with code and say something like match.
func health(ctx context.Context, c *harness.Container, code int, match string) error {
	res, err := c.Sh(ctx, `/command/hermes-health`)
	if err == nil && (res.Code != code || !regexp.MustCompile(match).MatchString(res.Stdout)) {
		err = violates("HEALTH-02", "want exit code %d and %q, got %s", code, match, res)
	}
	return err
}

func gatewayHealth(ctx context.Context, s *harness.Subject) error {
	c, err := startGateway(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	// The agent writes its file when something changes; what is put in between stays for the question.
	platform := func(state string) error {
		return expectSh(ctx, c, "HEALTH-02", `cd /opt/data && python3 -c '
import json
d = json.load(open("gateway_state.json"))
d["platforms"] = {"telegram": {"state": "`+state+`"}}
json.dump(d, open("gateway_state.json", "w"))'`)
	}
	errs := []error{health(ctx, c, 0, `^healthy: gateway-default running\n$`)}
	errs = append(errs, platform("fatal"), health(ctx, c, 1, `^unhealthy: gateway-default has a fatal platform: telegram\n$`),
		platform("retrying"), health(ctx, c, 0, `^healthy: gateway-default running, retrying telegram\n$`),
		quiet(ctx, c, "gateway", "stop"))
	if _, err := c.WaitSlot(ctx, "gateway-default", "down", verbLimit, down); err != nil {
		return errors.Join(append(errs, err)...)
	}
	errs = append(errs, health(ctx, c, 0, `^healthy: boot complete, no service is wanted up\n$`))
	res, err := c.Root(ctx, `chmod a-x /opt/hermes/libexec/hermes && /command/s6-svc -u /run/service/gateway-default`)
	if err != nil || res.Code != 0 {
		return errors.Join(append(errs, violates("HEALTH-02", "cannot break the gateway: %s (%v)", res, err))...)
	}
	_, err = c.WaitSh(ctx, "health of a crash loop",
		`/command/hermes-health | grep -q '^unhealthy: gateway-default is in a crash loop'`, gatewayLimit)
	return errors.Join(append(errs, broken("HEALTH-02", err))...)
}

func foregroundHealth(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{Cmd: []string{"gateway", "run", "--no-supervise"}})
	if err != nil {
		return err
	}
	if err := gatewayRuns(ctx, c); err != nil {
		return err
	}
	return health(ctx, c, 0, `^healthy: [^\n]*\n$`)
}

func bootHealth(ctx context.Context, s *harness.Subject) error {
	code, out, errs, err := run(ctx, s, harness.Spec{
		Files: []harness.File{script("/etc/cont-init.d/03-ask", `echo "during $(/command/hermes-health)"`)},
		Cmd:   []string{"sh", "-c", `echo "after $(/command/hermes-health)"; exit 42`},
	})
	if err != nil {
		return err
	}
	want := regexp.MustCompile(`(?m)^during unhealthy: [^\n]+$(.|\n)*^after healthy: boot complete, no service is wanted up$`)
	if code != 42 || !want.MatchString(errs+out) {
		return violates("HEALTH-02", "want exit code 42 and %q, got %d and:\n%s%s", want, code, out, errs)
	}
	return nil
}
