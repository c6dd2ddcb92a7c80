package checks

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"caduceus/tests/docker/harness"
)

// Names of the checks that the broken images of the test suite must turn red.
const (
	RedirectCheck  = "gateway run starts its slot and leaves a heartbeat as the main program"
	RecursionCheck = "the gateway in the slot is not redirected again"
	OptOutCheck    = "HERMES_GATEWAY_NO_SUPERVISE=1 runs the gateway as main program"
	ReconcileCheck = "a boot registers its profiles and says so in the boot log"
)

// gatewayChecks look at one container with a supervised gateway.
// contract: GW-01 GW-02 GW-04 BOOT-05 BOOT-07 LOG-01 LOG-02 LOG-03 LOG-04 SLOT-04 SLOT-13
// contract: STATUS-01 STATUS-02 STATUS-03 STATE-01 STATE-09 STATE-10 REC-07 REC-11 ENV-07 DASH-02
func gatewayChecks() []Check {
	return append([]Check{
		{
			Name: RedirectCheck, Clauses: []string{"GW-01", "GW-02", "LOG-01"},
			Doc: "docker run IMG gateway run: heartbeat, breadcrumb, slot wanted up, banner", Run: redirect,
		},
		{
			Name: RecursionCheck, Clauses: []string{"GW-04"},
			Doc: "waits for the gateway and counts breadcrumbs, heartbeats and gateways", Run: recursion,
		},
		{
			Name: ReconcileCheck, Clauses: []string{"STATE-09", "STATE-10", "REC-11", "BOOT-05"},
			Doc: "reads stderr and logs/container-boot.log of an idle container", Run: bootLog,
		},
	}, scripts(supervised(), gatewayScripts())...)
}

func gatewayScripts() []scripted {
	return []scripted{
		{
			clause: "LOG-02", name: "the banner is kept in the profile's log file",
			script: `grep -c ⚕ /opt/data/logs/gateways/default/current`, match: `^[1-9]`,
		},
		{
			clause: "LOG-03", name: "each kept line begins with a timestamp and two spaces",
			script: `grep -Evc '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]+  ' /opt/data/logs/gateways/default/current`, code: 1, want: "0",
		},
		{
			clause: "LOG-04", name: "the log directories belong to hermes",
			script: `stat -c %U /opt/data/logs/gateways /opt/data/logs/gateways/default`, want: "hermes\nhermes",
		},
		{
			clause: "SLOT-04", name: "the slot's gateway runs as hermes, in the home, with its sentinel",
			script: `p=$(/command/s6-svstat -o pid /run/service/gateway-default) && stat -c %U /proc/$p && readlink /proc/$p/cwd &&
tr '\0' '\n' </proc/$p/environ | grep -E '^(HERMES_S6_SUPERVISED_CHILD|HERMES_GATEWAY_MAX_STARTS|HOME)=' | sort`,
			want: "hermes\n/opt/data\nHERMES_GATEWAY_MAX_STARTS=0\nHERMES_S6_SUPERVISED_CHILD=1\nHOME=/opt/data",
		},
		{
			clause: "SLOT-13", name: "the slot's gateway leads its own session",
			script: `p=$(/command/s6-svstat -o pid /run/service/gateway-default) && test "$(ps -o pgid=,sid= -p $p | tr -s ' ')" = " $p $p"`,
		},
		{clause: "STATE-01", name: "the gateway's state lies in the home", script: `grep -Eq '"gateway_state": *"running"' /opt/data/gateway_state.json`},
		{
			clause: "REC-07", name: "the first gateway run is recorded as running",
			script: `grep 'profile=default' /opt/data/logs/container-boot.log`, match: `action=started`,
		},
		{
			clause: "STATUS-01", name: "hermes status names the manager",
			script: `hermes status`, match: `Manager:\s+s6 \(container supervisor\)`,
		},
		{
			clause: "STATUS-02", name: "hermes status shows the gateway running",
			script: `hermes status | sed -n '/Gateway Service/,/◆/p'`, match: `Status:\s+✓ running(.|\n)*PID\(s\):\s+\d+`,
		},
		{
			clause: "STATUS-03", name: "hermes doctor looks at the supervision",
			script: `hermes doctor | sed -n '/s6 Supervision/,/◆/p'`,
			match:  `main-hermes: up(.|\n)*dashboard: down \(expected if not enabled via env\)(.|\n)*Per-profile gateways: 1/1 supervised up \(default\)`,
		},
		{
			clause: "DASH-02", name: "without HERMES_DASHBOARD the dashboard's slot is down",
			script: `/command/s6-svstat /run/service/dashboard; pgrep -f '[h]ermes dashboard'`, code: 1, match: `^down \(not started yet\)`,
		},
	}
}

func redirect(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{Cmd: []string{"gateway", "run"}})
	if err != nil {
		return err
	}
	beat, err := c.WaitProcess(ctx, heartbeat, 0, bootLimit)
	if err != nil {
		return broken("GW-01", err)
	}
	var errs []error
	if beat.PPID != 1 || beat.UID != 10000 {
		errs = append(errs, violates("GW-01", "want the heartbeat to be hermes' and a child of PID 1, got %s", beat))
	}
	if _, err := c.WaitSlot(ctx, "gateway-default", "up and wanted up", bootLimit,
		func(s harness.Slot) bool { return s.Up && s.WantedUp }); err != nil {
		errs = append(errs, broken("GW-01", err))
	}
	if err := c.WaitLog(ctx, breadcrumb, verbLimit); err != nil {
		errs = append(errs, broken("GW-02", err))
	}
	_, stderr, err := c.Logs(ctx)
	if err != nil {
		return err
	}
	line := regexp.MustCompile(`(?m)^.*s6 supervision.*--no-supervise.*HERMES_GATEWAY_NO_SUPERVISE=1.*$`)
	if got := line.FindAllString(stderr, -1); len(got) != 1 {
		errs = append(errs, violates("GW-02", "want one breadcrumb on stderr, got %d:\n%s", len(got), stderr))
	}
	errs = append(errs, broken("LOG-01", c.WaitLog(ctx, banner, gatewayLimit)))
	return errors.Join(errs...)
}

// recursion fails as soon as it sees a second redirect and does not wait for a
// gateway that then never comes.
func recursion(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{Cmd: []string{"gateway", "run"}})
	if err != nil {
		return err
	}
	var bad error
	err = harness.Poll(ctx, "gateway's banner", gatewayLimit, func(ctx context.Context) (string, bool, error) {
		logs, err := c.AllLogs(ctx)
		if err != nil {
			return "", false, err
		}
		all, err := c.Processes(ctx)
		if err != nil {
			return err.Error(), false, c.Dead(ctx)
		}
		if n := strings.Count(logs, breadcrumb); n > 1 || len(all.Matching(heartbeat)) > 1 {
			bad = violates("GW-04", "the redirect happened again in the slot: %d breadcrumbs, processes:\n%s", n, all)
			return "", true, nil
		}
		return logs, strings.Contains(logs, banner), nil
	})
	if err != nil || bad != nil {
		return errors.Join(bad, broken("GW-04", err))
	}
	all, err := c.Processes(ctx)
	if err != nil {
		return err
	}
	if len(all.Matching(gatewayProcess)) != 1 || len(all.Children(1).Matching(heartbeat)) != 1 {
		return violates("GW-04", "want one gateway and one heartbeat, got:\n%s", all)
	}
	return nil
}

func bootLog(ctx context.Context, s *harness.Subject) error {
	c, err := s.Shared(ctx, idle())
	if err != nil {
		return err
	}
	_, printed, err := c.Logs(ctx)
	if err != nil {
		return err
	}
	kept, err := c.Sh(ctx, `cat /opt/data/logs/container-boot.log`)
	if err != nil {
		return err
	}
	var errs []error
	line := regexp.MustCompile(`(?m)^reconcile: profile=default prior_state=None action=registered`)
	if !line.MatchString(printed) {
		errs = append(errs, violates("REC-11", "no reconcile line of profile default on stderr:\n%s", printed))
	}
	file := regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} profile=default prior_state=None action=registered prior_exit=(clean|unclean|unknown)$`)
	if !file.MatchString(kept.Stdout) {
		errs = append(errs, violates("STATE-09", "no line of profile default in the boot log: %s", kept))
	}
	return errors.Join(errs...)
}
