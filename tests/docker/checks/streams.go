package checks

import (
	"context"
	"errors"
	"strings"

	"caduceus/tests/docker/harness"
)

// Checks that mutants name.
const (
	StdoutCheck = "stdout is the main program's alone"
	ByNameCheck = "the streams of main program and services can be opened by name"
	QuietCheck  = "on a terminal only warnings of the boot are shown, unless it fails"
)

// streamChecks are about stdin, stdout and stderr: whose they are, and who can open them.
// contract: BOOT-12 BOOT-20 BOOT-21 BOOT-22 BOOT-23
func streamChecks() []Check {
	return []Check{
		{
			Name: StdoutCheck, Clauses: []string{"BOOT-12", "BOOT-20"},
			Doc: "runs `echo payload` with a dashboard, and with scripts of boot and stop that print", Run: cleanStdout,
		},
		{
			Name: "services keep their streams beside an idle main program", Clauses: []string{"BOOT-20"},
			Doc: "a service that prints to both, beside `sleep infinity`", Run: idleStreams,
		},
		{
			Name: ByNameCheck, Clauses: []string{"BOOT-21"},
			Doc: "echo >/dev/stdout and its siblings in the main program, on a terminal, in a service and in docker exec", Run: streamsByName,
		},
		{
			Name: QuietCheck, Clauses: []string{"BOOT-22"},
			Doc: "docker run -it IMG sh -c 'echo payload', also with S6_VERBOSITY=2, a warning and a script that fails", Run: quietTerminal,
		},
		{
			Name: "the whole boot is in a file on the volume", Clauses: []string{"BOOT-23"},
			Doc: "boots on a terminal on a volume with a big boot.log", Run: wholeBoot,
		},
	}
}

func cleanStdout(ctx context.Context, s *harness.Subject) error {
	_, out, errs, err := run(ctx, s, harness.Spec{
		Env: map[string]string{"HERMES_DASHBOARD": "1", "S6_VERBOSITY": "5"},
		Files: []harness.File{
			script("/etc/cont-init.d/50-say", "echo of the boot"),
			script("/etc/cont-finish.d/50-say", "echo of the stop"),
		},
		Cmd: []string{"sh", "-c", "for _ in $(seq 300); do curl -sf -o /dev/null http://127.0.0.1:9119/ && break; sleep 0.2; done; echo payload"},
	})
	if err != nil {
		return err
	}
	var all []error
	if out != "payload\n" {
		all = append(all, violates("BOOT-12", "want nothing on stdout but the program's line, got:\n%s", out))
	}
	for _, line := range []string{"[stage2] Setup complete", "reconcile: profile=default", "of the boot\n", "of the stop\n", "[dashboard] "} {
		if !strings.Contains(errs, line) {
			all = append(all, violates("BOOT-20", "want %q on stderr, got:\n%s", line, errs))
		}
	}
	return errors.Join(all...)
}

// talker is a service of hermes that opens its streams by their names.
func talker() harness.File {
	return script("/etc/services.d/talker/run", `exec s6-setuidgid hermes sh -c 'echo service-out >/dev/stdout; echo service-err >/proc/self/fd/2; exec sleep 98764'`)
}

func idleStreams(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Files: []harness.File{talker()}})
	if err != nil {
		return err
	}
	if _, err := c.WaitProcess(ctx, `^sleep 98764$`, 0, bootLimit); err != nil {
		return broken("BOOT-20", err)
	}
	out, errs, err := c.Logs(ctx)
	if err == nil && (!strings.Contains(out, "service-out\n") || !strings.Contains(errs, "service-err\n")) {
		err = violates("BOOT-20", "want the service's lines on its own streams, got stdout:\n%s\nstderr:\n%s", out, errs)
	}
	return err
}

func streamsByName(ctx context.Context, s *harness.Subject) error {
	const open = `echo a >/dev/stdout && echo b >>/proc/self/fd/2 && id -un | tee -a /dev/stderr >/dev/null; : </dev/stdin && echo read`
	_, out, errs, err := run(ctx, s, harness.Spec{Cmd: []string{"sh", "-c", open}})
	if err != nil {
		return err
	}
	var all []error
	if out != "a\nread\n" || !strings.HasSuffix(errs, "b\nhermes\n") {
		all = append(all, violates("BOOT-21", "the main program got stdout:\n%s\nstderr:\n%s", out, errs))
	}
	_, screen, _, err := run(ctx, s, harness.Spec{TTY: true, Cmd: []string{"sh", "-c", open}})
	if err == nil && !strings.HasSuffix(screen, "a\r\nb\r\nhermes\r\nread\r\n") { // a slow boot has a line before
		err = violates("BOOT-21", "on a terminal the main program got:\n%s", screen)
	}
	all = append(all, err)

	c, err := startIdle(ctx, s, harness.Spec{Files: []harness.File{talker()}})
	if err != nil {
		return errors.Join(append(all, err)...)
	}
	if _, err := c.WaitProcess(ctx, `^sleep 98764$`, 0, bootLimit); err != nil {
		return errors.Join(append(all, broken("BOOT-21", err))...)
	}
	logs, err := c.AllLogs(ctx)
	if err == nil && (!strings.Contains(logs, "service-out\n") || !strings.Contains(logs, "service-err\n")) {
		err = violates("BOOT-21", "the service could not open its streams:\n%s", logs)
	}
	all = append(all, err)
	res, err := c.Root(ctx, `/opt/hermes/bin/hermes container main sh -c '`+open+`'`)
	if err == nil && (res.Code != 0 || res.Stdout != "a\nread\n" || res.Stderr != "b\nhermes\n") {
		err = violates("BOOT-21", "what root's hermes runs in docker exec got: %s", res)
	}
	return errors.Join(append(all, err)...)
}

func quietTerminal(ctx context.Context, s *harness.Subject) error {
	steps := []string{"[stage2] Setup complete", "reconcile: profile=default", "init: info: version"}
	var all []error
	for _, e := range []struct {
		name  string
		env   map[string]string
		files []harness.File
		shown []string // beside the payload
		whole bool     // with the steps
	}{
		{name: "a good boot"},
		{name: "S6_VERBOSITY=2", env: map[string]string{"S6_VERBOSITY": "2"}, whole: true},
		{name: "S6_VERBOSITY=1", env: map[string]string{"S6_VERBOSITY": "1"}},
		{name: "a warning", env: map[string]string{"HERMES_TUI_DIR": "/gone"}, shown: []string{"[stage2] Warning: HERMES_TUI_DIR: "}},
		{
			name: "a script that fails", shown: []string{"it said\r\n", `50-fails" exited 3`}, whole: true,
			files: []harness.File{script("/etc/cont-init.d/50-fails", "echo it said; exit 3")},
		},
	} {
		_, screen, _, err := run(ctx, s, harness.Spec{TTY: true, Env: e.env, Files: e.files, Cmd: []string{"sh", "-c", "echo payload"}})
		if err != nil {
			return err
		}
		for _, step := range steps {
			if strings.Contains(screen, step) != e.whole {
				all = append(all, violates("BOOT-22", "%s: want a line with %q: %t, got:\n%s", e.name, step, e.whole, screen))
			}
		}
		for _, line := range append(e.shown, "payload\r\n") {
			if !strings.Contains(screen, line) {
				all = append(all, violates("BOOT-22", "%s: want %q, got:\n%s", e.name, line, screen))
			}
		}
	}
	return errors.Join(all...)
}

func wholeBoot(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	const log = "/opt/data/logs/boot.log"
	code, screen, _, err := run(ctx, s, harness.Spec{
		TTY: true, Volumes: []harness.Volume{{Name: volume}},
		Files: []harness.File{script("/etc/cont-init.d/50-say", "echo said; echo complained >&2; echo x >>/dev/stdout")},
		Cmd: []string{"sh", "-c", `cd /opt/data/logs && cmp /run/s6/boot.log boot.log && stat -c '%U %a' boot.log &&
			for line in 'said' 'complained' 'x' '\[stage2\] Setup complete.*' 'cont-init: info: .*' 'init: info: version .* booted .*'; do
				grep -Eq "^20[0-9-]{8}T[0-9:.]{12}Z  $line\$" boot.log || echo "without $line"
			done; head -c 262144 /dev/zero >boot.log`},
	})
	if err == nil && (code != 0 || !strings.Contains(screen, "hermes 644\r\n") || strings.Contains(screen, "without ")) {
		err = violates("BOOT-23", "%s, exit code %d:\n%s", log, code, screen)
	}
	if err != nil {
		return err
	}
	code, out, errs, err := run(ctx, s, harness.Spec{
		Volumes: []harness.Volume{{Name: volume}},
		Cmd:     []string{"sh", "-c", `cmp /run/s6/boot.log ` + log + ` && stat -c %s ` + log + `.1`},
	})
	if err == nil && (code != 0 || out != "262144\n") {
		err = violates("BOOT-23", "want the big file renamed, got exit code %d:\n%s%s", code, out, errs)
	}
	return err
}
