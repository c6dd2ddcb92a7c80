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

// Checks that mutants name.
const (
	AloneCheck   = "the doctor in place of a boot changes nothing on the volume, and starts no gateway"
	SecretsCheck = "doctor and boot print no secret, wherever it stands"
)

// examineChecks ask the doctor where no boot has succeeded, and what it tells.
// contract: STATUS-04 STATUS-05 STATUS-06
func examineChecks() []Check {
	return []Check{
		{
			Name: "the doctor explains a container that cannot start", Clauses: []string{"STATUS-05"},
			Doc: "docker run … IMG container doctor with each thing for which a start is refused", Run: explains,
		},
		{
			Name: AloneCheck, Clauses: []string{"STATUS-05"},
			Doc: "lists a used volume of another owner before and after docker run IMG container doctor", Run: changesNothing,
		},
		{
			Name: "a read-only volume is named, and nobody promises to repair it", Clauses: []string{"STATUS-04"},
			Doc: "boots on a volume that is mounted read-only, with a gateway", Run: readOnlyVolume,
		},
		{
			Name: SecretsCheck, Clauses: []string{"STATUS-06"},
			Doc: "plants secrets in all that doctor reads, broken in each way that a file can be", Run: noSecrets,
		},
	}
}

func explains(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for name, c := range map[string]struct {
		spec  harness.Spec
		fault fault
	}{
		"a user that is not supported": {harness.Spec{User: "4711"}, fault{object: "user 4711", cause: `neither root nor hermes`}},
		"no right to become hermes":    {harness.Spec{Host: capabilities()}, fault{object: "capabilities", cause: `SETUID, SETGID`}},
		"no writable /run": {
			harness.Spec{Host: func(h *container.HostConfig) { h.ReadonlyRootfs = true }}, fault{object: "init", cause: `cannot write to "/run"`},
		},
		"no account": {
			harness.Spec{Files: []harness.File{{Path: "/etc/passwd", Content: "root:x:0:0:root:/root:/bin/bash\n"}}},
			fault{object: "user hermes", cause: `no such account`},
		},
		"a home of the system": {harness.Spec{Env: map[string]string{"HERMES_HOME": "/etc"}}, fault{object: "HERMES_HOME", cause: `directory of the system`}},
	} {
		c.spec.Cmd = []string{"container", "doctor", "--json"}
		c.spec.Volumes = []harness.Volume{{Name: volume}}
		code, out, stderr, err := run(ctx, s, c.spec)
		if err == nil && (code != 1 || !c.fault.among(out)) {
			err = violates("STATUS-05", "%s: want exit code 1 and a finding about %q like %q, got %d and:\n%s%s",
				name, c.fault.object, c.fault.cause, code, out, stderr)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// listing is everything about the files of a volume that a boot might change.
const listing = `cd /opt/data && find . -printf '%p %U:%G %m %s %T@ %C@ %i %l\n' | sort`

func changesNothing(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{
		Volumes: []harness.Volume{{Name: volume}},
		Cmd:     []string{"sh", "-c", `printf '{"gateway_state":"running","desired_state":"running"}\n' >gateway_state.json; rm SOUL.md`},
		WorkDir: "/opt/data",
	}
	if code, out, errs, err := run(ctx, s, spec); err != nil || code != 0 {
		return errors.Join(err, fmt.Errorf("cannot use the volume: %d\n%s%s", code, out, errs))
	}
	look := harness.Spec{Volumes: spec.Volumes, Entrypoint: []string{"sh", "-c"}, Cmd: []string{"chown 4000 /opt/data; " + listing}}
	_, before, _, err := run(ctx, s, look)
	if err != nil {
		return err
	}
	for _, user := range []string{"0", "4711", "10000"} {
		spec.Cmd, spec.User = []string{"container", "doctor"}, user
		_, out, errs, err := run(ctx, s, spec)
		if err != nil {
			return err
		}
		if logs := out + errs; strings.Contains(logs, "[stage2]") || strings.Contains(logs, "reconcile") || strings.Contains(logs, banner) {
			return violates("STATUS-05", "--user %s: the doctor has booted:\n%s", user, logs)
		}
	}
	look.Cmd = []string{listing}
	_, after, _, err := run(ctx, s, look)
	if err == nil && before != after {
		err = violates("STATUS-05", "the volume has changed; before:\n%s\nafter:\n%s", before, after)
	}
	return err
}

func readOnlyVolume(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	c, err := s.Start(ctx, harness.Spec{Volumes: []harness.Volume{{Name: volume, ReadOnly: true}}, Cmd: []string{"sleep", "infinity"}})
	if err != nil {
		return err
	}
	if err := booted(ctx, c); err != nil {
		return broken("STATUS-04", err)
	}
	if err := expectSh(ctx, c, "STATUS-04", `/command/s6-svc -u /run/service/gateway-default`); err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "logging to stdout only", gatewayLimit); err != nil {
		return broken("STATUS-04", err)
	}
	logs, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	if strings.Contains(logs, "repairs that") || !strings.Contains(logs, "read-only") {
		err = violates("STATUS-04", "want a line about a read-only volume, and none that promises a repair:\n%s", logs)
	}
	return errors.Join(err, foundBy(ctx, c, "STATUS-04", fault{object: "/opt/data", cause: `mounted read-only`}))
}

// planted is in every secret of noSecrets.
const planted = "PLANTED"

// secretFiles are files of a volume with a secret each, whole and broken in the ways that parsers quote.
func secretFiles() []harness.File {
	files := map[string]string{
		".env":                          "OPENAI_API_KEY=sk-PLANTED-1\nBROKEN 'sk-PLANTED-2\n\"sk-PLANTED-3",
		"auth.json":                     `{"providers":{"nous":{"access_token":"PLANTED-4"}}} PLANTED`,
		"gateway_state.json":            `{"gateway_state":"running","exit_reason":"PLANTED-5","token":PLANTED}`,
		".gateway_intent.json":          `{"want":"PLANTED-6"}`,
		".container.lock":               `{"boot_id":"PLANTED-7"}`,
		"processes.json":                `[{"command":"PLANTED-8"}]`,
		"config.yaml":                   "gateway: sk-PLANTED-9\nagent: !!int sk-PLANTED-10\n",
		"profiles/a/SOUL.md":            "PLANTED-11\n",
		"profiles/a/config.yaml":        "a: *sk-PLANTED-12\n",
		"profiles/a/.env":               "TELEGRAM_BOT_TOKEN=1:PLANTED-13\n",
		"profiles/a/gateway_state.json": `"PLANTED-14"`,
		"profiles/b/SOUL.md":            "b\n",
		"profiles/b/config.yaml":        "api_key: \"sk-PLANTED-15\nb: [sk-PLANTED\n",
		"profiles/b/gateway_state.json": `{"gateway_state":"stopped","platforms":{"telegram":{"state":"fatal","error":"PLANTED-16"}}}`,
		"profiles/c/SOUL.md":            "c\n",
		"profiles/c/config.yaml":        "sk-PLANTED-17\n",
		"profiles/c/gateway_state.json": `[PLANTED-18`,
	}
	list := make([]harness.File, 0, len(files))
	for path, content := range files {
		list = append(list, harness.File{Path: "/opt/data/" + path, Content: content, Mode: 0o600}.Hermes())
	}
	return list
}

func noSecrets(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	spec := harness.Spec{
		Volumes: []harness.Volume{{Name: volume}}, Files: secretFiles(),
		Env: map[string]string{
			"OPENAI_API_KEY": "sk-PLANTED-20", "API_SERVER_KEY": "PLANTED-21", "TELEGRAM_BOT_TOKEN": "1:PLANTED-22",
			"HERMES_AUTH_JSON_BOOTSTRAP": "{PLANTED-23", "HERMES_AUTH_JSON_REBOOTSTRAP": "{PLANTED-24", "HERMES_DASHBOARD": "1",
			"HERMES_DASHBOARD_BASIC_AUTH_PASSWORD": "PLANTED-25", "hermes_token": "PLANTED-26", "DOCKER_HOST": "tcp://user:PLANTED-27@proxy:2375",
			"API_SERVER_ENABLED": "sk-PLANTED-in-the-wrong-place", "HERMES_ALLOW_APT": "sk-PLANTED-in-the-wrong-place",
		},
		Cmd: []string{"container", "doctor", "--json"},
	}
	_, alone, aloneErrs, err := run(ctx, s, spec)
	if err != nil {
		return err
	}
	c, err := startIdle(ctx, s, spec)
	if err != nil {
		return err
	}
	boot, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	text, all := "", ""
	for _, user := range []string{"hermes", "0"} {
		for _, flag := range []string{"--json", "--"} {
			res, err := c.Exec(ctx, harness.Exec{User: user, Cmd: []string{"/opt/hermes/bin/hermes", "container", "doctor", flag}})
			if err != nil {
				return err
			}
			text = res.Stdout
			all += res.Stdout + res.Stderr
		}
	}
	var report struct{ Findings []any }
	if err := json.Unmarshal([]byte(alone), &report); err != nil || len(report.Findings) < 5 || strings.Count(text, "✗ ") < 5 {
		return violates("STATUS-06", "want many findings on this volume, got:\n%s%s\n%s", alone, aloneErrs, text)
	}
	for where, output := range map[string]string{"container doctor alone": alone + aloneErrs, "the boot": boot, "container doctor": all} {
		if at := strings.Index(output, planted); at >= 0 {
			return violates("STATUS-06", "%s prints a secret: …%s", where, output[max(0, at-200):min(len(output), at+60)])
		}
	}
	return nil
}
