package checks

import (
	"context"
	"errors"
	"strings"

	"caduceus/tests/docker/harness"
)

const rootRefusal = "Refusing to run the Hermes gateway as root inside the official Docker image."

// execChecks are about hermes called by docker exec and by older entry points.
// contract: EXEC-01 EXEC-02 EXEC-04 SHIM-01 SHIM-02 SHIM-03 SHIM-04 GW-18
func execChecks() []Check {
	return append(scripts(idle(), execScripts()),
		Check{
			Name: "the gateway refuses to run as root where no init runs", Clauses: []string{"SHIM-01"},
			Doc: "docker run --entrypoint /opt/hermes/bin/hermes IMG gateway run", Run: refuseRoot,
		},
		Check{
			Name: "hermes as entry point runs a gateway in the foreground", Clauses: []string{"GW-18"},
			Doc: "docker run --user hermes --entrypoint /opt/hermes/bin/hermes IMG gateway run", Run: plainGateway,
		},
		Check{
			Name: "entrypoint.sh warns and then boots as usual", Clauses: []string{"SHIM-04"},
			Doc: "docker run --entrypoint /opt/hermes/docker/entrypoint.sh IMG sh -c …", Run: legacyEntrypoint,
		},
		Check{
			Name: "tini with its flags boots as usual", Clauses: []string{"SHIM-02", "SHIM-03"},
			Doc: "docker run --entrypoint /usr/bin/tini IMG -g -- sh -c …, and the same flags for /init", Run: tiniShim,
		},
	)
}

func execScripts() []scripted {
	// A fresh home shows who made what is in it.
	const maker = ` hermes status >/dev/null 2>&1; stat -c %U:%G $d/logs; rm -rf $d`
	return []scripted{
		{
			clause: "EXEC-01", name: "hermes called by root drops to hermes", user: "0",
			script: `d=$(mktemp -d); chmod 777 $d; HERMES_HOME=$d` + maker, want: "hermes:hermes",
		},
		{
			clause: "EXEC-02", name: "HERMES_DOCKER_EXEC_AS_ROOT keeps root", user: "0",
			script: `d=$(mktemp -d); chmod 777 $d; HERMES_DOCKER_EXEC_AS_ROOT=1 HERMES_HOME=$d` + maker, want: "root:root",
		},
		{
			clause: "EXEC-02", name: "HERMES_DOCKER_EXEC_AS_ROOT=0 does not keep root", user: "0",
			script: `d=$(mktemp -d); chmod 777 $d; HERMES_DOCKER_EXEC_AS_ROOT=0 HERMES_HOME=$d` + maker, want: "hermes:hermes",
		},
		{
			clause: "EXEC-04", name: "hermes of the virtual environment is the image's own command",
			script: `readlink -f /opt/hermes/.venv/bin/hermes; /opt/hermes/.venv/bin/hermes --version`, match: `^/opt/hermes/bin/hermes\n(.|\n)*Hermes Agent v`,
		},
		{
			clause: "SHIM-01", name: "the gateway refuses to run as root in docker exec", user: "0",
			script: `HERMES_DOCKER_EXEC_AS_ROOT=1 hermes gateway run`, code: 1, match: rootRefusal,
		},
	}
}

func refuseRoot(ctx context.Context, s *harness.Subject) error {
	code, out, errs, err := run(ctx, s, harness.Spec{Entrypoint: []string{"/opt/hermes/bin/hermes"}, Cmd: []string{"gateway", "run"}})
	if err == nil && (code != 1 || !strings.Contains(out+errs, rootRefusal)) {
		err = violates("SHIM-01", "want exit code 1 and the refusal, got %d and:\n%s%s", code, out, errs)
	}
	return err
}

func plainGateway(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{
		User: "hermes", Entrypoint: []string{"/opt/hermes/bin/hermes"}, Cmd: []string{"gateway", "run"},
	})
	if err != nil {
		return err
	}
	if err := c.WaitLog(ctx, banner, gatewayLimit); err != nil {
		return broken("GW-18", err)
	}
	all, err := c.Processes(ctx)
	if err != nil {
		return err
	}
	logs, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	if len(all.Matching(heartbeat)) != 0 || strings.Contains(logs, breadcrumb) {
		return violates("GW-18", "want neither heartbeat nor breadcrumb, got:\n%s\n%s", all, logs)
	}
	return nil
}

func legacyEntrypoint(ctx context.Context, s *harness.Subject) error {
	code, out, errs, err := run(ctx, s, harness.Spec{
		Entrypoint: []string{"/opt/hermes/docker/entrypoint.sh"}, Cmd: []string{"sh", "-c", "cat /proc/1/comm; id -un; exit 42"},
	})
	if err == nil && (code != 42 || !strings.HasSuffix(out, "s6-svscan\nhermes\n") || !strings.Contains(strings.ToLower(errs), "deprecated")) {
		err = violates("SHIM-04", "want a deprecation line, init as PID 1, hermes and exit code 42; got %d and:\n%s%s", code, out, errs)
	}
	return err
}

func tiniShim(ctx context.Context, s *harness.Subject) error {
	var all []error
	for clause, entry := range map[string][]string{"SHIM-02": {"/usr/bin/tini"}, "SHIM-03": {"/init"}} {
		spec := harness.Spec{Entrypoint: append(entry, "-g", "-e", "143", "--"), Cmd: []string{"sh", "-c", "id -un; exit 42"}}
		if clause == "SHIM-03" {
			spec.Entrypoint = append(spec.Entrypoint, "/opt/hermes/docker/main-wrapper.sh")
		}
		code, out, errs, err := run(ctx, s, spec)
		if err == nil && (code != 42 || !strings.HasSuffix(out, "hermes\n")) {
			err = violates(clause, "want hermes and exit code 42, got %d and:\n%s%s", code, out, errs)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}
