package checks

import (
	"context"
	"errors"

	"caduceus/tests/docker/harness"
)

// Names of the checks that the broken images of the test suite must turn red.
const (
	LeftoversCheck = "what a gateway left ends before its next start and after its stop, but what the agent attaches to again"
	PlainSlotCheck = "a plain slot leaves its children alone"
)

// leftoverChecks look at what is left of services that ended.
// contract: SLOT-17
func leftoverChecks() []Check {
	return []Check{
		{
			Name: LeftoversCheck, Clauses: []string{"SLOT-17"},
			Doc: "gives the gateway's slot a run that leaves children in its session, in others, without an environment, and deaf to TERM; kills it, and stops it",
			Run: leftovers,
		},
		{
			Name: PlainSlotCheck, Clauses: []string{"SLOT-17"},
			Doc: "starts and stops a slot that leaves a child, without timeout-leftovers", Run: plainLeftovers,
		},
	}
}

// leaver is a gateway that leaves children. Each is known by how long it sleeps.
const leaver = `#!/command/with-contenv sh
sleep 97001 &
setsid sleep 97002 &
env -i setsid -f sleep 97003
sh -c 'trap "" TERM; exec setsid sleep 97004' &
setsid sleep 98001 & kept=$!
for i in $(seq 100); do [ "$(ps -o sid= -p $kept | tr -d ' ')" = $kept ] && break; sleep 0.05; done
setsid sleep 97005 &
echo '[{"pid":'$kept',"pid_scope":"host","host_start_time":'$(cut -d' ' -f22 /proc/$kept/stat)'},{"pid":'$!',"pid_scope":"host","host_start_time":1}]' >/opt/data/processes.json
touch /tmp/left
exec sleep 99001
`

func leftovers(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Files: []harness.File{{Path: "/opt/probe/run", Mode: 0o755, Content: leaver}}})
	if err != nil {
		return err
	}
	const slot = "/run/service/gateway-default"
	first, err := c.Sh(ctx, `cp /opt/probe/run `+slot+`/run.new && mv `+slot+`/run.new `+slot+`/run && /command/s6-svc -u `+slot)
	if err != nil || first.Code != 0 {
		return errors.Join(err, violates("SLOT-17", "cannot prepare the slot: %s", first))
	}
	const alone = `p=$(/command/s6-svstat -o pid ` + slot + `) && [ "$p" -gt 0 ] && test -e /tmp/left && n=$(pgrep -c -f '^sleep 9700') && [ "$n" = 5 ]`
	steps := []struct{ what, script string }{
		{"children of the first life", alone},
		{"children of the second life alone, after a crash, and what is kept of the first", `rm /tmp/left; ` + killSlot("gateway-default") + `; for i in $(seq 300); do ` +
			alone + ` && exec test $(pgrep -c -f '^sleep 98001') = 2; sleep 0.1; done; exit 1`},
		{"children of the third life alone, after a restart, and what is kept of the second", `rm /tmp/left; hermes gateway restart; for i in $(seq 300); do ` +
			alone + ` && exec test $(pgrep -c -f '^sleep 98001') = 2; sleep 0.1; done; exit 1`},
		{"nothing after a stop", `hermes gateway stop && /command/s6-svwait -D -t 15000 ` + slot + ` && ! pgrep -af '^sleep 9[78]'`},
	}
	for i, step := range steps {
		var res harness.Result
		if i == 0 {
			res, err = c.WaitSh(ctx, step.what, step.script, gatewayLimit)
		} else {
			res, err = c.Sh(ctx, step.script)
		}
		if err != nil {
			return errors.Join(violates("SLOT-17", "%s: %s", step.what, res), err)
		}
		if res.Code != 0 {
			left, _ := c.Sh(ctx, `pgrep -af '^sleep 9'`)
			return violates("SLOT-17", "%s: %s; there is:\n%s", step.what, res, left.Stdout)
		}
	}
	return nil
}

func plainLeftovers(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	const slot = "/run/service/plain"
	res, err := c.Sh(ctx, scanFor+`mkdir `+slot+` && printf '#!/bin/sh\nsleep 97777 &\nexec sleep 3600\n' >`+slot+`/run && chmod +x `+slot+`/run &&
scan `+slot+` && /command/s6-svwait -u -t 10000 `+slot+` && for i in $(seq 100); do pgrep -f '^sleep 97777' >/dev/null && break; sleep 0.1; done
/command/s6-svc -wD -T 10000 -d `+slot+` && pgrep -f '^sleep 97777'`)
	if err == nil && res.Code != 0 {
		err = violates("SLOT-17", "the child of a plain slot is gone: %s", res)
	}
	return err
}
