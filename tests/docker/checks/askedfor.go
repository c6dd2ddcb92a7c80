package checks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// Names of the checks that mutants of the front must turn red.
const (
	DownForGoodCheck = "a gateway that is down for good makes its container unhealthy, and nobody kills it for that"
	NoTerminalCheck  = "without a terminal and a command a container names the two ways out"
)

// askedForChecks want what somebody asked for and is not there to be said, and how it is mended.
// contract: HEALTH-05 HEALTH-06 HEALTH-07 GW-21 GW-22 CMD-09 STATUS-07 SUP-28 SUP-121
func askedForChecks() []Check {
	return []Check{
		{
			Name: DownForGoodCheck, Clauses: []string{"HEALTH-05", "HEALTH-07", "GW-21", "STATUS-04"},
			Doc: "gateway run with an agent that ends with 78, then with 0, and with a bare s6-svc -d: health, --live, doctor, status", Run: downForGood,
		},
		{
			Name: "an API server that did not open makes its container unhealthy", Clauses: []string{"HEALTH-06"},
			Doc: "gateway run with an address that the container does not have, and with a short key", Run: closedAPI,
		},
		{
			Name: "services that were asked for and are down make their container unhealthy", Clauses: []string{"HEALTH-06"},
			Doc: "a dashboard that was stopped, a service of services.d that fails for good, and one that cannot be started", Run: servicesDown,
		},
		{
			Name: "how a gateway ended is shown while it is up again, and why it does not start", Clauses: []string{"GW-21", "SUP-28", "SUP-121"},
			Doc: "kills a gateway, then takes its run script the x bit and gives it back", Run: shownEnds,
		},
		{
			Name: "a gateway that the kernel kills for want of memory is called so", Clauses: []string{"GW-21", "SUP-121"},
			Doc: "an agent that wants more memory than the container has", Run: killedForMemory,
		},
		{
			Name: NoTerminalCheck, Clauses: []string{"CMD-09"},
			Doc: "docker run -d IMG, with each way to ask for a chat", Run: noTerminal,
		},
		{
			Name: "a misspelt verb is refused by the agent and suggested by the front", Clauses: []string{"GW-22"},
			Doc: "gateway rnu, \"gateway run\" as one word, and gateway start as main program", Run: misspelt,
		},
		{
			Name: "while a container boots, gateway verbs say so and start nothing", Clauses: []string{"GW-20"},
			Doc: "gateway status and start beside a boot script that waits", Run: verbsWhileBooting,
		},
		{
			Name: "container doctor notes what is no error", Clauses: []string{"STATUS-07"},
			Doc: "a gateway without key, platform and ports; then with each variable that the agent knows as a provider's key", Run: notes,
		},
	}
}

// replaceAgent is a root's script that puts a script in the place of the agent.
func replaceAgent(script string) string {
	return fmt.Sprintf("printf '#!/bin/sh\\n%s\\n' >/opt/hermes/libexec/agent && chmod 755 /opt/hermes/libexec/agent && "+
		"mv /opt/hermes/libexec/agent /opt/hermes/libexec/hermes", script)
}

func downForGood(ctx context.Context, s *harness.Subject) error {
	c, err := startGateway(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	var errs []error
	for _, end := range []struct{ script, say string }{
		{replaceAgent("exit 78"), "exit code 78: its configuration cannot work"},
		{replaceAgent("exit 0"), "exit code 0: it ended by itself"},
		{replaceAgent("exec sleep 98765"), "signal SIGTERM: somebody asked for it"},
	} {
		if res, err := c.Root(ctx, end.script); err != nil || res.Code != 0 {
			return errors.Join(err, fmt.Errorf("cannot replace the agent: %s", res))
		}
		if err := quiet(ctx, c, "gateway", "restart"); err != nil {
			return err
		}
		if strings.Contains(end.say, "SIGTERM") { // past the record
			if _, err := c.WaitSlot(ctx, "gateway-default", "up", verbLimit, func(s harness.Slot) bool { return s.Up }); err != nil {
				return err
			}
			if err := expectSh(ctx, c, "HEALTH-05", `/command/s6-svc -d /run/service/gateway-default`); err != nil {
				return err
			}
		}
		if _, err := c.WaitSlot(ctx, "gateway-default", "down for good", gatewayLimit,
			func(s harness.Slot) bool { return !s.Up && !s.WantedUp }); err != nil {
			return err
		}
		errs = append(errs, expectSh(ctx, c, "HEALTH-05",
			`/command/hermes-health | grep -qx 'unhealthy: gateway-default is down for good: `+end.say+`'`),
			expectSh(ctx, c, "HEALTH-07", `/command/hermes-health --live | grep -qx 'healthy: PID 1 and its supervisor run'`),
			expectSh(ctx, c, "GW-21", `hermes gateway status --json | grep -q '"down_for_good":true'; hermes gateway status | grep -q 'Fix: .*hermes gateway start'`),
			diagnose(ctx, c, []fault{{object: "gateway-default", cause: "down for good: " + end.say}}))
	}
	errs = append(errs, quiet(ctx, c, "gateway", "stop"), health(ctx, c, 0, `^healthy: boot complete, no service is wanted up\n$`))
	return errors.Join(errs...)
}

func closedAPI(ctx context.Context, s *harness.Subject) error {
	for _, env := range []map[string]string{
		{"API_SERVER_HOST": "10.254.254.254", "API_SERVER_KEY": "0123456789abcdef"},
		{"API_SERVER_HOST": "0.0.0.0", "API_SERVER_KEY": "short"},
	} {
		env["API_SERVER_ENABLED"] = "true"
		c, err := s.Start(ctx, harness.Spec{Cmd: []string{"gateway", "run"}, Env: env})
		if err != nil {
			return err
		}
		if _, err = c.WaitSh(ctx, "health of a closed API server",
			`/command/hermes-health | grep -q '^unhealthy: gateway-default has no API server'`, gatewayLimit); err != nil {
			return broken("HEALTH-06", err)
		}
		if err := expectSh(ctx, c, "HEALTH-06", `hermes container doctor | grep -A1 'has no API server' | grep -q 'fix: set API_SERVER_KEY'`); err != nil {
			return err
		}
	}
	return nil
}

func servicesDown(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{
		Env: map[string]string{"HERMES_DASHBOARD": "1"},
		Files: []harness.File{
			{Path: "/etc/services.d/worker", Dir: true},
			script("/etc/services.d/worker/run", "exit 3"),
			script("/etc/services.d/worker/finish", "exit 125"),
			{Path: "/etc/services.d/absent", Dir: true},
			{Path: "/etc/services.d/absent/run", Content: "#!/no/such/shell\n", Mode: 0o755},
		},
	})
	if err != nil {
		return err
	}
	if err := expectSh(ctx, c, "HEALTH-06", `/command/s6-svc -d /run/service/dashboard`); err != nil {
		return err
	}
	var errs []error
	for _, say := range []string{
		"dashboard is down, and nothing will start it: ", "service worker is down, and nothing will start it: exit code 3",
		"service absent does not start: ",
	} {
		err := harness.Poll(ctx, "health of "+say, gatewayLimit, func(ctx context.Context) (string, bool, error) {
			res, err := c.Root(ctx, `/command/hermes-health`) // as the engine asks: what services of root do, only root sees
			return res.String(), res.Code == 1 && strings.Contains(res.Stdout, say), err
		})
		errs = append(errs, broken("HEALTH-06", err))
	}
	return errors.Join(errs...)
}

func shownEnds(ctx context.Context, s *harness.Subject) error {
	c, err := startGateway(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	const last = `hermes gateway status --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
e = d["last_ends"][0]
sys.exit(d["state"] != "up" or [d["last_exit"], e["exit"], e["cause"]] != ["signal SIGKILL", "signal SIGKILL", "unasked"] or not e["at"].endswith("Z"))'`
	kill := killSlot("gateway-default")
	errs := []error{expectSh(ctx, c, "GW-21", kill)}
	_, err = c.WaitSh(ctx, "the last end of a gateway that is up", last, gatewayLimit)
	errs = append(errs, broken("GW-21", err))
	// The end is on record a moment before the slot is down: it may only come up now.
	_, err = c.WaitSlot(ctx, "gateway-default", "up again", gatewayLimit, func(s harness.Slot) bool { return s.Up })
	errs = append(errs, broken("GW-21", err),
		expectSh(ctx, c, "GW-21", `hermes gateway status | grep -Eq 'Ended: +[0-9-]+T[0-9:]+Z signal SIGKILL'`),
		expectSh(ctx, c, "GW-21", `hermes container doctor | grep -q 'gateway-default: in the last day it ended once without being asked to'`),
		expectSh(ctx, c, "SUP-28", `chmod a-x /run/service/gateway-default/run && `+kill))
	_, err = c.WaitSh(ctx, "the reason why it does not start",
		`hermes gateway status | grep -q 'No start: .*cannot start run: .*ermission denied.*; try'; /command/hermes-health | grep -q 'gateway-default does not start: '`, gatewayLimit)
	errs = append(errs, broken("SUP-28", err), expectSh(ctx, c, "SUP-28", `chmod a+x /run/service/gateway-default/run`))
	_, err = c.WaitSlot(ctx, "gateway-default", "up again by itself", gatewayLimit, func(s harness.Slot) bool { return s.Up })
	return errors.Join(append(errs, broken("SUP-28", err))...)
}

func verbsWhileBooting(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{
		Cmd: []string{"gateway", "run"}, Files: []harness.File{script("/etc/cont-init.d/012-wait", "until [ -e /tmp/go ]; do sleep 0.1; done")},
	})
	if err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "running /etc/cont-init.d/012-wait", bootLimit); err != nil {
		return err
	}
	var errs []error
	for verb, code := range map[string]int{"status": 3, "start": 1, "restart": 1} {
		res, err := c.Hermes(ctx, "gateway", verb)
		if err == nil && (res.Code != code || !strings.Contains(res.Stderr, "the container is still booting")) {
			err = violates("GW-20", "gateway %s: want exit code %d and that the container is still booting, got %s", verb, code, res)
		}
		errs = append(errs, err)
	}
	all, err := c.Processes(ctx)
	if running := all.Matching(gatewayProcess); err == nil && len(running) > 0 {
		err = violates("GW-20", "a gateway runs:\n%s", running)
	}
	errs = append(errs, err)
	if res, err := c.Root(ctx, "touch /tmp/go"); err != nil || res.Code != 0 {
		return errors.Join(append(errs, err, fmt.Errorf("cannot let the boot go on: %s", res))...)
	}
	_, err = c.WaitSlot(ctx, "gateway-default", "up after the boot", gatewayLimit, func(s harness.Slot) bool { return s.Up })
	return errors.Join(append(errs, broken("GW-20", err))...)
}

func killedForMemory(ctx context.Context, s *harness.Subject) error {
	const limit = 256 << 20
	c, err := startIdle(ctx, s, harness.Spec{Host: func(h *container.HostConfig) { h.Memory, h.MemorySwap = limit, limit }})
	if err != nil {
		return err
	}
	if res, err := c.Root(ctx, replaceAgent(`exec python3 -c "b = bytes([1]) * (1 << 30)"`)); err != nil || res.Code != 0 {
		return errors.Join(err, fmt.Errorf("cannot replace the agent: %s", res))
	}
	if err := quiet(ctx, c, "gateway", "start"); err != nil {
		return err
	}
	_, err = c.WaitSh(ctx, "an end for want of memory",
		`hermes gateway status | grep -q 'Ended: .*signal SIGKILL: the kernel killed it for want of memory (OOM)'; hermes gateway status --json | grep -q '"cause":"oom"'`, gatewayLimit)
	return broken("GW-21", err)
}

func noTerminal(ctx context.Context, s *harness.Subject) error {
	var errs []error
	for _, cmd := range [][]string{nil, {"hermes"}, {"chat"}, {"--tui"}, {"/opt/hermes/.venv/bin/hermes", "chat"}} {
		code, out, stderr, err := run(ctx, s, harness.Spec{Cmd: cmd})
		if err != nil {
			return err
		}
		if code != 1 || !strings.Contains(stderr, "docker run -it") || !strings.Contains(stderr, "gateway run") || strings.Contains(out, "hermes setup") {
			errs = append(errs, violates("CMD-09", "%q: want exit code 1, a line with both ways out and no agent, got %d and:\n%s%s", cmd, code, out, stderr))
		}
	}
	return errors.Join(errs...)
}

func misspelt(ctx context.Context, s *harness.Subject) error {
	var errs []error
	for _, c := range []struct {
		cmd  []string
		code int
		says string
	}{
		{[]string{"gateway", "rnu"}, 2, `hermes: did you mean "hermes gateway run"?`},
		{[]string{"gatway", "run"}, 2, `hermes: did you mean "hermes gateway"?`},
		{[]string{"gateway run"}, 2, `hermes: "gateway run" is one word, and should be 2: gateway run`},
		{[]string{"gateway", "start"}, 0, "the container ends with this command"},
	} {
		code, out, stderr, err := run(ctx, s, harness.Spec{Cmd: c.cmd})
		if err != nil {
			return err
		}
		if code != c.code || !strings.Contains(stderr, c.says) {
			errs = append(errs, violates("GW-22", "%q: want exit code %d and %q, got %d and:\n%s%s", c.cmd, c.code, c.says, code, out, stderr))
		}
	}
	return errors.Join(errs...)
}

// providers prints the variables with keys that the agent itself knows.
const providers = `cd /opt/hermes && HOME=/tmp HERMES_HOME=/tmp .venv/bin/python -c '
from hermes_cli.auth import PROVIDER_REGISTRY
print(*sorted({v for p in PROVIDER_REGISTRY.values() for v in p.api_key_env_vars}))'`

func notes(ctx context.Context, s *harness.Subject) error {
	c, err := startGateway(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	res, err := c.Hermes(ctx, "container", "doctor", "--json")
	if err != nil {
		return err
	}
	var report struct {
		Notes []struct{ Object, Cause, Fix string }
	}
	if err := json.Unmarshal([]byte(res.Stdout), &report); err != nil || res.Code != 0 {
		return violates("STATUS-07", "want exit code 0 and JSON, got %s (%v)", res, err)
	}
	var objects []string
	for _, h := range report.Notes {
		objects = append(objects, h.Object)
	}
	if got := strings.Join(objects, ", "); !strings.HasSuffix(got, "profile default, gateway-default, port 8642, port 9119") {
		return violates("STATUS-07", "notes about %s: %s", got, res)
	}
	return errors.Join(
		expectSh(ctx, c, "STATUS-07", `for name in $(`+providers+`); do env "$name=secret" hermes container doctor | grep -q 'no key of a model provider' && echo "$name" && exit 1; done; true`),
		expectSh(ctx, c, "STATUS-07", `! OPENAI_API_KEY=secret API_SERVER_KEY=secret hermes container doctor | grep -q secret`),
		expectSh(ctx, c, "STATUS-07", `API_SERVER_ENABLED=true hermes container doctor | grep -q 'port 8642: .*loopback'`),
	)
}
