package checks

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

func noNetwork(h *container.HostConfig) { h.NetworkMode = "none" }

// withInit is --init: the engine's own init is PID 1, ours its child.
func withInit(h *container.HostConfig) {
	yes := true
	h.Init = &yes
}

func readOnlyRoot(h *container.HostConfig) {
	h.ReadonlyRootfs = true
	h.Tmpfs = map[string]string{"/run": "mode=755", "/tmp": "mode=1777"}
}

func capabilities(keep ...string) func(*container.HostConfig) {
	return func(h *container.HostConfig) {
		h.CapDrop, h.CapAdd = []string{"ALL"}, keep
	}
}

func noNewPrivileges(h *container.HostConfig) { h.SecurityOpt = []string{"no-new-privileges"} }

// sandbox is how another agent runs the image for its tools.
func sandbox(h *container.HostConfig) {
	capabilities("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID")(h)
	noNewPrivileges(h)
	h.Tmpfs = map[string]string{"/run": ""}
}

func tiny(h *container.HostConfig) {
	pids := int64(32)
	h.NanoCPUs, h.Memory, h.PidsLimit = 5e8, 64<<20, &pids
}

// restrictedChecks start the image with less than it would like to have.
// contract: RUN-01 RUN-02 RUN-03 RUN-04 RUN-05 RUN-06 RUN-07 RUN-08 RUN-09 AGT-08 AGT-09
func restrictedChecks() []Check {
	var list []Check
	for _, e := range []struct {
		name, clause string
		spec         harness.Spec
	}{
		{"a supervised gateway runs with --user 10000:10000", "RUN-03", harness.Spec{User: "10000:10000"}},
		{"a supervised gateway runs with --user hermes and no-new-privileges", "RUN-04", harness.Spec{User: "hermes", Host: noNewPrivileges}},
		{"a supervised gateway runs under --init", "RUN-05", harness.Spec{Host: withInit}},
		{"a supervised gateway runs on a read-only root", "RUN-06", harness.Spec{Host: readOnlyRoot}},
		{"a supervised gateway runs with SETUID and SETGID only", "RUN-07", harness.Spec{Host: capabilities("SETUID", "SETGID")}},
	} {
		list = append(list, Check{
			Name: e.name, Clauses: []string{e.clause}, Doc: "gateway run, its banner, a kill -9, docker stop",
			Run: func(ctx context.Context, s *harness.Subject) error {
				return restrictedGateway(ctx, s, e.clause, e.spec)
			},
		})
	}
	return append(append(list, restrictedRuns()...), Check{
		Name: "the image runs as another agent's sandbox", Clauses: []string{"AGT-08"}, Doc: "sleep 2h with five capabilities, no-new-privileges and a tmpfs /run",
		Run: func(ctx context.Context, s *harness.Subject) error {
			c, err := s.Start(ctx, harness.Spec{Cmd: []string{"sleep", "2h"}, Host: sandbox})
			if err != nil {
				return err
			}
			p, err := c.WaitProcess(ctx, `^sleep 2h$`, 0, bootLimit)
			if err == nil && p.UID != 10000 {
				err = violates("AGT-08", "want hermes, got %s", p)
			}
			return broken("AGT-08", err)
		},
	})
}

// restrictedRuns start a shell that prints its uid and exits 42.
func restrictedRuns() []Check {
	var list []Check
	for _, e := range []struct {
		name, clause string
		spec         harness.Spec
		code         int
		says         string
		silent       string // what must not be printed
	}{
		{"a --user that the image does not know is refused, with what to do", "RUN-01", harness.Spec{User: "1234"}, 1, "[hermes] ERROR: container started with --user 1234", "payload"},
		{
			"a --user that the image does not know is refused also without a writable /run", "RUN-01",
			harness.Spec{User: "1234", Host: func(h *container.HostConfig) { h.ReadonlyRootfs = true }},
			1, "HERMES_UID", "payload",
		},
		{
			"HERMES_ALLOW_ANY_UID runs any user", "RUN-02",
			harness.Spec{User: "1234", Env: map[string]string{"HERMES_ALLOW_ANY_UID": "1"}},
			42, "payload 1234 /opt/data", "ERROR: container started",
		},
		{
			"a remap without root is reported as ignored", "RUN-04",
			harness.Spec{User: "hermes", Env: map[string]string{"HERMES_UID": "4242"}},
			42, "HERMES_UID", "payload 4242",
		},
		{"the main program's exit code is the container's under --init", "RUN-05", harness.Spec{Host: withInit}, 42, "payload 10000 /opt/data", "Traceback"},
		{"root without the capability SETUID is refused", "RUN-08", harness.Spec{Host: capabilities()}, 0, "refusing to run the main program as root", "payload"},
		{
			"without a writable /run the message names --tmpfs /run", "RUN-09",
			harness.Spec{Host: func(h *container.HostConfig) { h.ReadonlyRootfs = true }},
			100, "--tmpfs /run", "payload",
		},
		{"a main program runs with half a core, 64 MB and 32 processes", "AGT-09", harness.Spec{Host: tiny}, 42, "payload 10000", "Traceback"},
	} {
		e.spec.Cmd = []string{"sh", "-c", `echo "payload $(id -u) $HOME"; exit 42`}
		list = append(list, Check{
			Name: e.name, Clauses: []string{e.clause}, Doc: "runs a shell that prints its uid and exits 42",
			Run: func(ctx context.Context, s *harness.Subject) error {
				code, out, errs, err := run(ctx, s, e.spec)
				if err != nil {
					return err
				}
				all := out + errs
				// RUN-08 fixes no exit code: any but success and the program's own.
				wrong := code != e.code
				if e.code == 0 {
					wrong = code == 0 || code == 42
				}
				if wrong || !strings.Contains(all, e.says) || strings.Contains(all, e.silent) {
					return violates(e.clause, "want exit code %d, %q and no %q, got %d and:\n%s", e.code, e.says, e.silent, code, all)
				}
				return nil
			},
		})
	}
	return list
}

func restrictedGateway(ctx context.Context, s *harness.Subject, clause string, spec harness.Spec) error {
	c, err := startGateway(ctx, s, spec)
	if err != nil {
		return broken(clause, err)
	}
	slot, err := c.WaitSlot(ctx, "gateway-default", "up and wanted up", verbLimit, up)
	if err != nil {
		return broken(clause, err)
	}
	all, err := c.Processes(ctx)
	if err != nil {
		return err
	}
	for _, p := range all.Matching(gatewayProcess + `|` + heartbeat) {
		if p.UID != 10000 {
			err = errors.Join(err, violates(clause, "not hermes': %s", p))
		}
	}
	kill, kerr := c.Sh(ctx, "kill -9 "+strconv.Itoa(slot.PID))
	if err := errors.Join(err, kerr); err != nil {
		return err
	}
	if _, err := c.WaitSlot(ctx, "gateway-default", "up with a new pid", verbLimit,
		func(now harness.Slot) bool { return up(now) && now.PID != slot.PID }); err != nil {
		return violates(clause, "after kill (%s): %v", kill, err)
	}
	end, err := c.Stop(ctx)
	if err == nil && (end.Code != 0 || end.Killed) {
		err = violates(clause, "want docker stop to end in time with code 0, got %d after %v, killed: %t", end.Code, end.Took, end.Killed)
	}
	return err
}
