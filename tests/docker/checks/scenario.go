package checks

import (
	"context"
	"time"

	"caduceus/tests/docker/harness"
)

const (
	// bootLimit is how long a container may take to run its main program, and
	// gatewayLimit a gateway to its banner. The contract gives 30 and 60 s (BOOT-05,
	// LOG-01); a build host with other work takes many times as long, and a check
	// that ends sooner judges the host.
	bootLimit    = 2 * time.Minute
	gatewayLimit = 3 * time.Minute
	// verbLimit is what the contract gives to lifecycle verbs.
	verbLimit = 15 * time.Second

	heartbeat      = `^sleep infinity$`
	gatewayProcess = `python.*hermes.*gateway run`
	banner         = "⚕"
	breadcrumb     = "s6 supervision"
)

// idle is a container whose main program does nothing.
func idle() harness.Scenario {
	return harness.Scenario{
		Name: "idle",
		Spec: harness.Spec{
			Cmd: []string{"sleep", "infinity"},
			Env: map[string]string{"CADUCEUS_PROBE": "from -e", "CADUCEUS_EMPTY": ""},
		},
		Ready: booted,
	}
}

// supervised is a container with a supervised gateway, looked at and left alone.
func supervised() harness.Scenario {
	return harness.Scenario{
		Name:  "supervised gateway",
		Spec:  harness.Spec{Cmd: []string{"gateway", "run"}},
		Ready: gatewayRuns,
	}
}

// booted waits until an idle main program runs.
func booted(ctx context.Context, c *harness.Container) error {
	_, err := c.WaitProcess(ctx, heartbeat, 0, bootLimit)
	if err == nil {
		c.WaitBootLog(ctx)
	}
	return err
}

// gatewayRuns waits until the default gateway has said so itself.
func gatewayRuns(ctx context.Context, c *harness.Container) error {
	if err := c.WaitLog(ctx, banner, gatewayLimit); err != nil {
		return err
	}
	return recordedRunning(ctx, c, "/opt/data")
}

// recordedRunning waits until the agent of dir runs and has recorded it.
func recordedRunning(ctx context.Context, c *harness.Container, dir string) error {
	_, err := c.WaitSh(ctx, "running gateway of "+dir, harness.GatewayRuns(dir), gatewayLimit)
	return err
}

// startIdle starts an idle container for one check and waits for its boot.
func startIdle(ctx context.Context, s *harness.Subject, spec harness.Spec) (*harness.Container, error) {
	spec.Cmd = []string{"sleep", "infinity"}
	c, err := s.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	return c, booted(ctx, c)
}

// startGateway starts `gateway run` for one check and waits for the gateway.
func startGateway(ctx context.Context, s *harness.Subject, spec harness.Spec) (*harness.Container, error) {
	spec.Cmd = []string{"gateway", "run"}
	c, err := s.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	return c, gatewayRuns(ctx, c)
}

// run starts a container, waits for its end and returns that with its output.
func run(ctx context.Context, s *harness.Subject, spec harness.Spec) (code int, stdout, stderr string, err error) {
	c, err := s.Start(ctx, spec)
	if err != nil {
		return 0, "", "", err
	}
	end, err := c.Wait(ctx, bootLimit)
	if err != nil {
		return 0, "", "", err
	}
	stdout, stderr, err = c.Logs(ctx)
	return end.Code, stdout, stderr, err
}

// killSlot is a script that kills the process of a slot, as soon as there is one: of a slot without, s6-svstat
// says -1, and "kill -9 -1" ends all that the user has.
func killSlot(name string) string {
	return `for i in $(seq 300); do pid=$(/command/s6-svstat -o pid /run/service/` + name + `); ` +
		`[ "$pid" -gt 1 ] && kill -9 "$pid" && break; sleep 0.1; done; [ "$pid" -gt 1 ]`
}
