package checks

import (
	"context"
	"errors"
	"slices"
	"strings"

	"caduceus/tests/docker/harness"
)

// verbChecks drive the default gateway by hermes gateway start, stop, restart.
// contract: GW-08 GW-09 GW-10 GW-12 GW-13 GW-14 GW-19 GW-20 STATE-04 STATE-08
func verbChecks() []Check {
	return append(scripts(idle(), []scripted{
		{
			clause: "GW-10", name: "an unknown profile's gateway is named with the way out",
			script: `hermes -p nobody gateway start`, code: 1, match: `nobody`,
		},
		{
			clause: "GW-14", name: "gateway install and uninstall name the profile verbs",
			script: `hermes gateway install && hermes gateway uninstall`, match: `hermes profile create(.|\n)*hermes profile delete`,
		},
		{
			clause: "GW-13", name: "a gateway cannot stop itself by the verb",
			script: `_HERMES_GATEWAY=1 hermes gateway stop`, code: 1,
		},
		{clause: "GW-20", name: "the status of a stopped gateway exits 3", script: `hermes gateway status --json`, code: 3, match: `"schema"`},
	}), Check{
		Name: "gateway start, stop and restart drive the slot", Clauses: []string{"GW-08", "GW-09", "GW-12", "GW-20", "STATE-04", "STATE-08"},
		Doc: "each verb once, in an idle container", Run: verbs,
	}, Check{
		Name: "--all drives every slot, names one that fails, and signals nothing else", Clauses: []string{"GW-12", "GW-19"},
		Doc: "start, restart and stop --all in an idle container with two profiles, then with a broken slot and a process that looks like a gateway", Run: allVerbs,
	})
}

// quiet runs a hermes command that must say nothing and succeed.
func quiet(ctx context.Context, c *harness.Container, args ...string) error {
	res, err := c.Hermes(ctx, args...)
	if err == nil && (res.Code != 0 || res.Stdout+res.Stderr != "") {
		err = violates("GW-09", "want hermes %s to succeed silently, got %s", strings.Join(args, " "), res)
	}
	return err
}

func verbs(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	if err := quiet(ctx, c, "gateway", "start"); err != nil {
		return err
	}
	up, err := c.WaitSlot(ctx, "gateway-default", "up and wanted up", verbLimit, func(s harness.Slot) bool { return s.Up && s.WantedUp })
	if err != nil {
		return broken("GW-08", err)
	}
	if err := errors.Join(
		recordedRunning(ctx, c, "/opt/data"),
		expectSh(ctx, c, "STATE-04", `grep -q '"desired_state":"running"' /opt/data/gateway_state.json`),
		expectSh(ctx, c, "STATE-08", `grep -Eq '"want": *"up"' /opt/data/.gateway_intent.json`),
		expectSh(ctx, c, "GW-20", `hermes gateway status`),
		quiet(ctx, c, "gateway", "restart"),
	); err != nil {
		return err
	}
	if _, err := c.WaitSlot(ctx, "gateway-default", "up with a new pid", verbLimit,
		func(s harness.Slot) bool { return s.Up && s.PID != up.PID }); err != nil {
		return broken("GW-08", err)
	}
	if err := quiet(ctx, c, "gateway", "stop"); err != nil {
		return err
	}
	if _, err := c.WaitSlot(ctx, "gateway-default", "down", verbLimit, down); err != nil {
		return broken("GW-08", err)
	}
	if err := errors.Join(
		expectSh(ctx, c, "STATE-04", `grep -q '"desired_state":"stopped"' /opt/data/gateway_state.json`),
		expectSh(ctx, c, "STATE-08", `grep -Eq '"want": *"down"' /opt/data/.gateway_intent.json`),
		quiet(ctx, c, "gateway", "start"),
		expectSh(ctx, c, "GW-12", `hermes gateway stop --all | grep -x '✓ Stopped 1 profile gateway(s) under s6'`),
	); err != nil {
		return err
	}
	_, err = c.WaitSlot(ctx, "gateway-default", "down", verbLimit, down)
	return broken("GW-12", err)
}

// allVerbs looks at slots only, not at how far a gateway has come.
func allVerbs(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	// What the agent's own --all would end: a process with the name and words of a gateway.
	const bystander = `cd /tmp && ln -sf /bin/sleep sleeper && (exec -a "python -m hermes_cli.main gateway run" ./sleeper 98765 >/dev/null 2>&1 & echo $! >/tmp/bystander)`
	if res, err := c.Exec(ctx, harness.Exec{Cmd: []string{"bash", "-c", bystander}}); err != nil || res.Code != 0 {
		return errors.Join(err, violates("GW-19", "cannot start a bystander: %s", res))
	}
	if err := expectSh(ctx, c, "GW-12", `hermes profile create coder`); err != nil {
		return err
	}
	all := func(verb, says string) error {
		return expectSh(ctx, c, "GW-12", `test "$(hermes gateway `+verb+` --all)" = '`+says+`'`)
	}
	slots := []string{"gateway-default", "gateway-coder"}
	each := func(what string, ok func(harness.Slot) bool) (pids []int, err error) {
		for _, name := range slots {
			slot, waitErr := c.WaitSlot(ctx, name, what, bootLimit, ok) // two agents start at once
			err = errors.Join(err, broken("GW-19", waitErr))
			pids = append(pids, slot.PID)
		}
		return pids, err
	}
	if err := all("start", "✓ Started 2 profile gateway(s) under s6"); err != nil {
		return err
	}
	before, err := each("up and wanted up", up)
	if err != nil {
		return err
	}
	if err := all("restart", "✓ Restarted 2 profile gateway(s) under s6"); err != nil {
		return err
	}
	if _, err := each("up with a new pid", func(s harness.Slot) bool { return up(s) && !slices.Contains(before, s.PID) }); err != nil {
		return err
	}
	if err := expectSh(ctx, c, "GW-12", `mkdir /run/service/gateway-zombie && out=$(hermes gateway stop --all) && rmdir /run/service/gateway-zombie &&
echo "$out" | grep -qx '✓ Stopped 2 profile gateway(s) under s6' && echo "$out" | grep -q '^✗ Could not stop gateway-zombie: .'`); err != nil {
		return err
	}
	_, err = each("down", down)
	return errors.Join(err,
		expectSh(ctx, c, "GW-19", `kill -0 "$(cat /tmp/bystander)"`),
		expectSh(ctx, c, "GW-12", `test "$(S6_PROFILE_GATEWAY_SCANDIR=/run/none hermes gateway start --all)" = '✗ No profile gateways registered under s6'`))
}

func down(s harness.Slot) bool { return !s.Up && !s.WantedUp }

func up(s harness.Slot) bool { return s.Up && s.WantedUp }

// expectSh runs a script as hermes that must succeed.
func expectSh(ctx context.Context, c *harness.Container, clause, script string) error {
	res, err := c.Sh(ctx, script)
	if err == nil && res.Code != 0 {
		state, _ := c.Sh(ctx, `cat /opt/data/gateway_state.json /opt/data/.gateway_intent.json 2>&1`)
		err = violates(clause, "%s: %s; state files: %s", script, res, state.Stdout)
	}
	return err
}

// profileChecks create, drive and delete named profiles.
// contract: PROF-01 PROF-02 PROF-03 PROF-04 EXEC-01 RCP-17 RCP-18
func profileChecks() []Check {
	return []Check{{
		Name:    "a profile's slot lives from create to delete",
		Clauses: []string{"PROF-01", "PROF-02", "PROF-04", "EXEC-01", "RCP-17", "RCP-18"},
		Doc:     "profile create, gateway start and stop, profile delete; as root by docker exec, as the document shows",
		Run:     profileLife,
	}, {
		Name: RegistrationCheck, Clauses: []string{"PROF-03"},
		Doc: "profile create while the scandir is root's, by front and agent; then with a slot of that name in place", Run: registration,
	}}
}

// RegistrationCheck is about profiles whose slot cannot be made, or is there.
const RegistrationCheck = "a profile is made even if its slot cannot be"

func registration(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	const warning = "⚠ Could not register s6 gateway service: "
	create := func(hermes, name string, warnings int) error {
		res, err := c.Sh(ctx, hermes+` profile create `+name+` && test -f /opt/data/profiles/`+name+`/SOUL.md`)
		if err == nil && (res.Code != 0 || strings.Count(res.Stdout+res.Stderr, warning) != warnings) {
			err = violates("PROF-03", "%s profile create %s: want success and %q %d times, got %s", hermes, name, warning, warnings, res)
		}
		return err
	}
	if _, err := c.Root(ctx, `chown 0:0 /run/service`); err != nil {
		return err
	}
	if err := errors.Join(
		create("hermes", "one", 1),
		create("/opt/hermes/libexec/hermes", "two", 1),
		expectSh(ctx, c, "PROF-03", `! test -e /run/service/gateway-one && ! test -e /run/service/gateway-two`),
	); err != nil {
		return err
	}
	if _, err := c.Root(ctx, `chown hermes:hermes /run/service`); err != nil {
		return err
	}
	return errors.Join(
		expectSh(ctx, c, "PROF-03", scanFor+`cp -a /run/service/gateway-default /run/service/gateway-three && scan /run/service/gateway-three`),
		create("hermes", "three", 0),
		expectSh(ctx, c, "PROF-03", `/command/s6-svstat /run/service/gateway-three`),
	)
}

func profileLife(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	// docker exec without --user is root, and every command must drop to hermes.
	hermes := func(clause string, args ...string) error {
		res, err := c.Exec(ctx, harness.Exec{User: "0", Cmd: append([]string{"hermes"}, args...)})
		if err == nil && res.Code != 0 {
			err = violates(clause, "hermes %s: %s", strings.Join(args, " "), res)
		}
		return err
	}
	if err := hermes("PROF-01", "profile", "create", "coder"); err != nil {
		return err
	}
	slot, err := c.Slot(ctx, "gateway-coder")
	if err != nil || slot.Up || slot.WantedUp {
		return violates("PROF-01", "want the slot there and down when create returns, got %v (%v)", slot, err)
	}
	if err := errors.Join(
		expectSh(ctx, c, "EXEC-01", `test "$(stat -c %U:%G /opt/data/profiles/coder)" = hermes:hermes && ! find /opt/data/profiles/coder ! -user hermes | grep .`),
		hermes("PROF-02", "-p", "coder", "gateway", "start"),
	); err != nil {
		return err
	}
	if _, err := c.WaitSlot(ctx, "gateway-coder", "up and wanted up", verbLimit, up); err != nil {
		return broken("PROF-02", err)
	}
	if _, err := c.WaitProcess(ctx, `-p coder gateway run`, 0, gatewayLimit); err != nil {
		return broken("PROF-02", err)
	}
	res, err := c.Exec(ctx, harness.Exec{User: "0", Cmd: []string{"/command/s6-svstat", "/run/service/gateway-coder"}})
	if err != nil || !strings.HasPrefix(res.Stdout, "up (pid ") {
		return violates("RCP-18", "s6-svstat: %s (%v)", res, err)
	}
	if err := hermes("PROF-02", "-p", "coder", "gateway", "stop"); err != nil {
		return err
	}
	if _, err := c.WaitSlot(ctx, "gateway-coder", "down", verbLimit, down); err != nil {
		return broken("PROF-02", err)
	}
	return deleteProfile(ctx, c, hermes)
}

func deleteProfile(ctx context.Context, c *harness.Container, hermes func(clause string, args ...string) error) error {
	if err := hermes("PROF-02", "-p", "coder", "gateway", "start"); err != nil {
		return err
	}
	res, err := c.Hermes(ctx, "profile", "delete", "coder")
	if err != nil {
		return err
	}
	if !strings.Contains(res.Stdout, "Cancelled.") {
		return violates("PROF-04", "want delete without an answer to print Cancelled., got %s", res)
	}
	if _, err := c.Slot(ctx, "gateway-coder"); err != nil {
		return violates("PROF-04", "a cancelled delete changed the slot: %v", err)
	}
	if err := hermes("PROF-04", "profile", "delete", "coder", "--yes"); err != nil {
		return err
	}
	_, err = c.WaitSh(ctx, "end of slot gateway-coder, its gateway and its directory",
		`! test -e /run/service/gateway-coder && ! pgrep -f '[-]p coder gateway run' && ! test -e /opt/data/profiles/coder`, verbLimit)
	if err != nil {
		return broken("PROF-04", err)
	}
	res, err = c.Hermes(ctx, "profile", "delete", "coder", "--yes")
	if err == nil && res.Code != 1 {
		err = violates("PROF-04", "want a second delete to exit 1, got %s", res)
	}
	return err
}
