package checks

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"caduceus/tests/docker/harness"
)

// optOutChecks are about a gateway that is the main program.
// contract: GW-03 GW-05 GW-06 GW-07 GW-17 BOOT-16 REC-10 RCP-33
func optOutChecks() []Check {
	list := []Check{
		{
			Name: OptOutCheck, Clauses: []string{"GW-06", "GW-07"},
			Doc: "docker run -e HERMES_GATEWAY_NO_SUPERVISE=1 IMG gateway run, then docker stop",
			Run: func(ctx context.Context, s *harness.Subject) error {
				return foreground(ctx, s, harness.Spec{
					Cmd: []string{"gateway", "run"}, Env: map[string]string{"HERMES_GATEWAY_NO_SUPERVISE": "1"},
				})
			},
		},
		{
			Name: "--no-supervise runs the gateway as main program", Clauses: []string{"GW-06", "GW-07", "REC-10", "RCP-33"},
			Doc: "docker run IMG gateway run --no-supervise, then docker stop",
			Run: func(ctx context.Context, s *harness.Subject) error {
				return foreground(ctx, s, harness.Spec{Cmd: []string{"gateway", "run", "--no-supervise"}})
			},
		},
		{
			Name: "without the program sleep the gateway command itself waits, under another name", Clauses: []string{"GW-05"},
			Doc: "removes sleep in a cont-init script; docker run IMG gateway run, then docker stop", Run: noSleep,
		},
		{
			Name: "a stopped gateway stays down with HERMES_GATEWAY_RESPECT_STOP", Clauses: []string{"GW-17"},
			Doc: "starts on a volume whose state says stopped", Run: respectStop,
		},
	}
	for _, e := range []struct {
		value    string
		optedOut bool
	}{
		{"YES", true}, {"True", true}, {"0", false}, {"", false}, {"on", false}, {" 1", false},
	} {
		clause, what := "GW-06", "does not opt out"
		if e.optedOut {
			what = "opts out"
		}
		list = append(list, Check{
			Name: "HERMES_GATEWAY_NO_SUPERVISE=" + strings.ReplaceAll(e.value, " ", "␣") + " " + what, Clauses: []string{clause},
			Doc: "docker run -e HERMES_GATEWAY_NO_SUPERVISE='" + e.value + "' IMG gateway run",
			Run: func(ctx context.Context, s *harness.Subject) error {
				return optOutValue(ctx, s, e.value, e.optedOut)
			},
		})
	}
	for _, args := range [][]string{{"gateway"}, {"gateway", "run", "-v", "--replace", "--force"}} {
		list = append(list, Check{
			Name: strings.Join(args, " ") + " is redirected, too", Clauses: []string{"GW-03"},
			Doc: "docker run IMG " + strings.Join(args, " "),
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := s.Start(ctx, harness.Spec{Cmd: args})
				if err != nil {
					return err
				}
				return broken("GW-03", booted(ctx, c))
			},
		})
	}
	return list
}

// foreground wants the gateway as the main program and its exit code as the
// container's.
//
// The main program's grace is raised, the engine's too: a busy host must not
// turn the agent's exit code into that of a kill.
func foreground(ctx context.Context, s *harness.Subject, spec harness.Spec) error {
	if spec.Env == nil {
		spec.Env = map[string]string{}
	}
	spec.Env["S6_KILL_GRACETIME"] = "60000"
	c, err := s.Start(ctx, spec)
	if err != nil {
		return err
	}
	if err := notRedirected(ctx, c); err != nil {
		return err
	}
	var errs []error
	slot, err := c.Slot(ctx, "gateway-default")
	if err != nil || slot.Up || slot.WantedUp {
		errs = append(errs, violates("GW-07", "want the slot registered and not wanted up, got %v (%v)", slot, err))
	}
	if err := c.WaitLog(ctx, banner, gatewayLimit); err != nil {
		return errors.Join(append(errs, broken("GW-06", err))...)
	}
	if err := recordedRunning(ctx, c, "/opt/data"); err != nil {
		return errors.Join(append(errs, broken("GW-06", err))...)
	}
	end, err := c.StopWithin(ctx, 90*time.Second)
	if err == nil && end.Code != 1 {
		err = violates("GW-06", "want the agent's own exit code 1 on docker stop, got %d after %v", end.Code, end.Took)
	}
	return errors.Join(append(errs, err)...)
}

// notRedirected waits for the gateway as the main program; a breadcrumb ends
// the wait at once.
func notRedirected(ctx context.Context, c *harness.Container) error {
	var bad error
	err := harness.Poll(ctx, "gateway as the main program", bootLimit, func(ctx context.Context) (string, bool, error) {
		logs, err := c.AllLogs(ctx)
		if err != nil {
			return "", false, err
		}
		if strings.Contains(logs, breadcrumb) {
			bad = violates("GW-06", "redirected in spite of the opt-out:\n%s", logs)
			return "", true, nil
		}
		all, err := c.Processes(ctx)
		if err != nil {
			return logs, false, c.Dead(ctx)
		}
		got := all.Children(1).Matching(gatewayProcess)
		return all.String(), len(got) == 1 && got[0].UID == 10000, nil
	})
	return errors.Join(bad, broken("GW-06", err))
}

func optOutValue(ctx context.Context, s *harness.Subject, value string, optedOut bool) error {
	c, err := s.Start(ctx, harness.Spec{
		Cmd: []string{"gateway", "run"}, Env: map[string]string{"HERMES_GATEWAY_NO_SUPERVISE": value},
	})
	if err != nil {
		return err
	}
	if optedOut {
		return notRedirected(ctx, c)
	}
	return errors.Join(
		broken("GW-06", c.WaitLog(ctx, breadcrumb, bootLimit)),
		broken("GW-06", booted(ctx, c)))
}

func respectStop(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{
		Cmd: []string{"gateway", "run"}, Env: map[string]string{"HERMES_GATEWAY_RESPECT_STOP": "1"},
		Files: []harness.File{stateFile("/opt/data", `{"gateway_state":"stopped","desired_state":"stopped"}`)},
	})
	if err != nil {
		return err
	}
	if err := booted(ctx, c); err != nil {
		return broken("GW-17", err)
	}
	if err := c.WaitLog(ctx, "hermes gateway start", verbLimit); err != nil {
		return broken("GW-17", err)
	}
	_, stderr, err := c.Logs(ctx)
	if err != nil {
		return err
	}
	slot, err := c.Slot(ctx, "gateway-default")
	if err != nil {
		return err
	}
	if slot.Up || slot.WantedUp || strings.Contains(stderr, breadcrumb) || !strings.Contains(stderr, "hermes gateway start") {
		return violates("GW-17", "want the slot down and a line on stderr that names `hermes gateway start`, got %v and:\n%s", slot, stderr)
	}
	return nil
}

func noSleep(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{
		Cmd: []string{"gateway", "run"}, Files: []harness.File{script("/etc/cont-init.d/50-no-sleep", "rm /usr/bin/sleep")},
	})
	if err != nil {
		return err
	}
	if err := gatewayRuns(ctx, c); err != nil {
		return broken("GW-05", err)
	}
	all, err := c.Processes(ctx)
	if err != nil {
		return err
	}
	_, stderr, err := c.Logs(ctx)
	if err != nil {
		return err
	}
	if len(all.Matching(gatewayProcess)) != 1 || len(all.Children(1).Matching(`gateway run`)) != 0 || !strings.Contains(stderr, "sleep") {
		return violates("GW-05", "want one process like a gateway and a line about sleep, got:\n%s\n%s", all, stderr)
	}
	end, err := c.Stop(ctx)
	if err == nil && end.Code != 143 && end.Code != 0 {
		err = violates("GW-05", "want the front to end by TERM, got code %d", end.Code)
	}
	return err
}

// crashChecks kill what is supervised.
// contract: SLOT-05
func crashChecks() []Check {
	return []Check{{
		Name: "a killed gateway is back about a second later, its container lives on", Clauses: []string{"SLOT-05"},
		Doc: "kill -9 of the gateway: new pid, same init, second banner in the log file", Run: crash,
	}}
}

func crash(ctx context.Context, s *harness.Subject) error {
	c, err := startGateway(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	before, err := c.Slot(ctx, "gateway-default")
	if err != nil {
		return err
	}
	killed, err := c.Sh(ctx, `cut -d' ' -f1 /proc/uptime && kill -9 `+strconv.Itoa(before.PID))
	if err != nil {
		return err
	}
	after, err := c.WaitSlot(ctx, "gateway-default", "up with a new pid", verbLimit,
		func(s harness.Slot) bool { return s.Up && s.WantedUp && s.PID != before.PID })
	if err != nil {
		return broken("SLOT-05", err)
	}
	// The kernel knows when the process began, in hundredths of a second since it booted itself.
	started, err := c.Sh(ctx, fmt.Sprintf(`sed 's/.*) //' /proc/%d/stat | cut -d' ' -f20`, after.PID))
	if err != nil {
		return err
	}
	from, err1 := strconv.ParseFloat(killed.Output(), 64)
	to, err2 := strconv.ParseFloat(started.Output(), 64)
	if pause := to/100 - from; errors.Join(err1, err2) != nil || pause < 0.9 || pause > 3 {
		return violates("SLOT-05", "want a new gateway about a second after the kill, got one after %.2f s; killed at %s, started at %s", pause, killed, started)
	}
	_, err = c.WaitSh(ctx, "second banner in the log file", `test "$(grep -c ⚕ /opt/data/logs/gateways/default/current)" -ge 2`, gatewayLimit)
	if err != nil {
		return violates("SLOT-05", "the gateway with pid %d never said hello again: %v", after.PID, err)
	}
	return nil
}
