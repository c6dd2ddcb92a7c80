package checks

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// volumeChecks boot on volumes with a past, and beside what the host lends.
// contract: SETUP-22 SETUP-23 SETUP-31 SETUP-32 SETUP-36 STATE-11 STATE-13 RCP-16 RCP-30
// contract: SETUP-14 SETUP-26 REC-12
func volumeChecks() []Check {
	return []Check{
		{
			Name: "old settings are migrated after a backup", Clauses: []string{"SETUP-22", "STATE-13"},
			Doc: "boots on a config.yaml of schema 1", Run: migrate,
		},
		{
			Name: "a migration can be skipped", Clauses: []string{"SETUP-23"},
			Doc: "boots on a config.yaml of schema 1 with HERMES_SKIP_CONFIG_MIGRATION", Run: skipMigration,
		},
		{
			Name: "hermes may use the host's Docker socket", Clauses: []string{"SETUP-31", "SETUP-32", "RCP-16"},
			Doc: "mounts the engine's socket and runs docker version in the main program; runs setup twice", Run: dockerSocket,
		},
		{
			Name: "a small /dev/shm is warned about where the browser lacks its flag", Clauses: []string{"SETUP-36"}, Full: true,
			Doc: "boots with AGENT_BROWSER_ARGS=--no-sandbox",
			Run: func(ctx context.Context, s *harness.Subject) error {
				_, out, errs, err := run(ctx, s, harness.Spec{Cmd: []string{"true"}, Env: map[string]string{"AGENT_BROWSER_ARGS": "--no-sandbox"}})
				if err == nil && !strings.Contains(out+errs, "--shm-size=1g") {
					err = violates("SETUP-36", "no line names --shm-size=1g:\n%s%s", out, errs)
				}
				return err
			},
		},
		{
			Name: "a big boot log is rotated", Clauses: []string{"STATE-11"},
			Doc: "boots on a container-boot.log of 262144 bytes", Run: bigBootLog,
		},
		{
			Name: "a file of root deep in the volume becomes hermes', the target of a link does not", Clauses: []string{"SETUP-14"},
			Doc: "boots on hermes' own volume with a file of root deep in sessions and a link beside it", Run: deepFile,
		},
		{
			Name: "an expired login is replaced by HERMES_AUTH_JSON_REBOOTSTRAP, the rest of auth.json stays", Clauses: []string{"SETUP-26"},
			Doc: "boots with HERMES_AUTH_JSON_REBOOTSTRAP on an auth.json that must log in again", Run: rebootstrap,
		},
		{
			Name: "S6_PROFILE_GATEWAY_SCANDIR names another scandir", Clauses: []string{"REC-12"},
			Doc: "boots with one under /run",
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := startIdle(ctx, s, harness.Spec{
					Env:   map[string]string{"S6_PROFILE_GATEWAY_SCANDIR": "/run/elsewhere"},
					Files: []harness.File{script("/etc/cont-init.d/016-probe", "mkdir -p /run/elsewhere")},
				})
				if err != nil {
					return broken("REC-12", err)
				}
				return expectSh(ctx, c, "REC-12", `test -x /run/elsewhere/gateway-default/run && ! test -e /run/service/gateway-default`)
			},
		},
		{
			Name: "a volume opened to everybody is closed again where it matters", Clauses: []string{"RCP-30"},
			Doc: "boots on a volume after chmod -R 755",
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := startIdle(ctx, s, harness.Spec{Files: []harness.File{
					harness.File{Path: "/opt/data", Dir: true, Mode: 0o755}.Hermes(),
					harness.File{Path: "/opt/data/.env", Content: "A=b\n", Mode: 0o755}.Hermes(),
					harness.File{Path: "/opt/data/config.yaml", Content: "{}\n", Mode: 0o755}.Hermes(),
				}})
				if err != nil {
					return err
				}
				return expectSh(ctx, c, "RCP-30", `cd /opt/data && test "$(stat -c %a .env config.yaml | tr '\n' ' ')" = '600 640 '`)
			},
		},
	}
}

// sharingChecks are about slots that must not be, or must wait.
// contract: REC-08 REC-09
func sharingChecks() []Check {
	return []Check{
		{
			Name: "a dashboard container has no gateway slots", Clauses: []string{"REC-08"},
			Doc: "docker run IMG dashboard --help",
			Run: func(ctx context.Context, s *harness.Subject) error {
				_, _, errs, err := run(ctx, s, harness.Spec{Cmd: []string{"dashboard", "--help"}})
				const says = "reconcile: skipping (dashboard container — does not need per-profile gateways)\n"
				if err == nil && (!strings.Contains(errs, says) || strings.Contains(errs, "reconcile: profile=")) {
					err = violates("REC-08", "want %q and no profile on stderr, got:\n%s", says, errs)
				}
				return err
			},
		},
		{
			Name: "with GATEWAY_MULTIPLEX_PROFILES no gateway of a named profile starts", Clauses: []string{"REC-09"},
			Doc: "boots with GATEWAY_MULTIPLEX_PROFILES=on on a volume with a running profile", Run: multiplex,
		},
	}
}

// oldSettings is a config.yaml of the agent's first schema.
func oldSettings() harness.File {
	return harness.File{Path: "/opt/data/config.yaml", Content: "_config_version: 1\nmodel: probe/model\n"}.Hermes()
}

func migrate(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Files: []harness.File{oldSettings()}})
	if err != nil {
		return err
	}
	out, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	if !regexp.MustCompile(`(?m)^\[config-migrate\] Migrating config schema 1 -> \d+; backups: `).MatchString(out) {
		errs = append(errs, violates("SETUP-22", "no line about the migration:\n%s", out))
	}
	return errors.Join(append(errs,
		expectSh(ctx, c, "SETUP-22", `grep -Eq '^_config_version: ([2-9]|[0-9]{2,})' /opt/data/config.yaml && test "$(stat -c %U /opt/data/config.yaml)" = hermes`),
		expectSh(ctx, c, "STATE-13", `cd /opt/data && ls | grep -Eq '^config\.yaml\.bak-[0-9]{8}T[0-9]{6}Z$' && grep -qx '_config_version: 1' config.yaml.bak-*`))...)
}

func skipMigration(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{
		Env: map[string]string{"HERMES_SKIP_CONFIG_MIGRATION": "on"}, Files: []harness.File{oldSettings()},
	})
	if err != nil {
		return err
	}
	out, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	const says = "[config-migrate] HERMES_SKIP_CONFIG_MIGRATION is set; skipping config migration\n"
	if !strings.Contains(out, says) {
		err = violates("SETUP-23", "want %q, got:\n%s", says, out)
	}
	return errors.Join(err, expectSh(ctx, c, "SETUP-23", `grep -qx '_config_version: 1' /opt/data/config.yaml && test -s /opt/data/SOUL.md`))
}

func dockerSocket(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{
		Cmd: []string{"sh", "-c", "docker version --format 'engine {{.Server.Os}}'; exec sleep infinity"},
		Host: func(h *container.HostConfig) {
			h.Binds = []string{"/var/run/docker.sock:/var/run/docker.sock"}
		},
	})
	if err != nil {
		return err
	}
	if err := booted(ctx, c); err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "engine linux\n", verbLimit); err != nil {
		return broken("RCP-16", err)
	}
	_, out, err := c.Logs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	if !regexp.MustCompile(`(?m)^\[stage2\] Added hermes to group \S+ \(GID \d+\) for /(var/)?run/docker\.sock$`).MatchString(out) {
		errs = append(errs, violates("SETUP-31", "no line about the group:\n%s", out))
	}
	again, err := c.Root(ctx, `before=$(cat /etc/group); /opt/hermes/docker/stage2-hook.sh; test "$before" = "$(cat /etc/group)"`)
	if err == nil && (again.Code != 0 || strings.Contains(again.Stdout, "Added hermes")) {
		err = violates("SETUP-32", "a second run changed the groups: %s", again)
	}
	return errors.Join(append(errs, err)...)
}

func bigBootLog(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Files: []harness.File{
		harness.File{Path: "/opt/data/logs", Dir: true}.Hermes(),
		harness.File{Path: "/opt/data/logs/container-boot.log", Content: strings.Repeat("old line\n", 262144/9+1)}.Hermes(),
	}})
	if err != nil {
		return err
	}
	return expectSh(ctx, c, "STATE-11", `cd /opt/data/logs && grep -q '^old line' container-boot.log.1 && ! grep -q '^old line' container-boot.log && grep -q profile=default container-boot.log`)
}

func multiplex(ctx context.Context, s *harness.Subject) error {
	const dir = "/opt/data/profiles/coder"
	c, err := startIdle(ctx, s, harness.Spec{
		Env: map[string]string{"GATEWAY_MULTIPLEX_PROFILES": "on"},
		Files: []harness.File{
			harness.File{Path: "/opt/data/profiles", Dir: true}.Hermes(),
			harness.File{Path: dir, Dir: true}.Hermes(),
			harness.File{Path: dir + "/SOUL.md", Content: "probe\n"}.Hermes(),
			stateFile(dir, `{"gateway_state":"running"}`),
		},
	})
	if err != nil {
		return err
	}
	slot, err := c.Slot(ctx, "gateway-coder")
	if err != nil || slot.Up || slot.WantedUp {
		return violates("REC-09", "want the slot registered and down, got %v (%v)", slot, err)
	}
	return nil
}

func deepFile(ctx context.Context, s *harness.Subject) error {
	const dir = "/opt/data/sessions"
	c, err := startIdle(ctx, s, harness.Spec{Files: []harness.File{
		harness.File{Path: dir, Dir: true}.Hermes(),
		harness.File{Path: dir + "/deep", Dir: true}.Hermes(),
		{Path: dir + "/deep/roots", Content: "x"},
		harness.File{Path: dir + "/deep/link", Link: "/etc/hosts"}.Hermes(),
	}})
	if err != nil {
		return err
	}
	return expectSh(ctx, c, "SETUP-14", `test "$(stat -c %U `+dir+`/deep/roots /etc/hosts | tr '\n' ' ')" = 'hermes root '`)
}

func rebootstrap(ctx context.Context, s *harness.Subject) error {
	login := func(token, obtained, more string) string {
		return `{"client_id":"c","access_token":"` + token + `","refresh_token":"r","obtained_at":"` + obtained + `"` + more + `}`
	}
	seed := `{"providers":{"nous":` + login("fresh", "2026-01-02T00:00:00+00:00", "") + `}}`
	dead := `{"kept":1,"providers":{"other":{"x":1},"nous":` +
		login("dead", "2026-01-01T00:00:00+00:00", `,"last_auth_error":{"relogin_required":true}`) + `}}`
	c, err := startIdle(ctx, s, harness.Spec{
		Env:   map[string]string{"HERMES_AUTH_JSON_REBOOTSTRAP": seed},
		Files: []harness.File{harness.File{Path: "/opt/data/auth.json", Content: dead, Mode: 0o600}.Hermes()},
	})
	if err != nil {
		return err
	}
	return expectSh(ctx, c, "SETUP-26", `python3 -c '
import json
d = json.load(open("/opt/data/auth.json"))
assert d["kept"] == 1 and d["providers"]["other"] == {"x": 1}, d
assert d["providers"]["nous"]["access_token"] == "fresh", d' && test "$(stat -c '%U %a' /opt/data/auth.json)" = 'hermes 600'`)
}
