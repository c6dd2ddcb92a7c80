package checks

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"caduceus/tests/docker/harness"
)

// setupChecks look at what cont-init 01 makes of a volume, fresh or used.
// contract: SETUP-01 SETUP-05 SETUP-10 SETUP-11 SETUP-12 SETUP-13 SETUP-15 SETUP-18 SETUP-19
// contract: SETUP-20 SETUP-21 SETUP-25 SETUP-27 SETUP-28 SETUP-29 SETUP-30 SETUP-39 RCP-07
func setupChecks() []Check {
	return append(scripts(idle(), setupScripts()),
		Check{
			Name: "setup prints its last line, and no change of ids that stay", Clauses: []string{"SETUP-01", "SETUP-05"},
			Doc: "reads stderr of an idle container", Run: setupLines,
		},
		Check{
			Name: "setup names the browser it found", Clauses: []string{"SETUP-30"}, Full: true,
			Doc: "reads stderr of an idle container",
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := s.Shared(ctx, idle())
				if err != nil {
					return err
				}
				_, out, err := c.Logs(ctx)
				if err == nil && !strings.Contains(out, "[stage2] Found agent-browser Chromium binary: /") {
					err = violates("SETUP-30", "no browser was found:\n%s", out)
				}
				return err
			},
		},
		Check{
			Name: "a volume of another owner is repaired where it must be, and only there", Clauses: []string{"SETUP-10", "SETUP-11", "SETUP-12", "SETUP-13", "SETUP-15", "SETUP-19", "SETUP-20", "SETUP-21"},
			Doc: "boots on a volume with root's files, symbolic links and a user's own words", Run: usedVolume,
		},
		Check{
			Name: "bootstrap variables write a fresh volume and never a used one", Clauses: []string{"SETUP-25", "SETUP-27", "SETUP-28"},
			Doc: "HERMES_AUTH_JSON_BOOTSTRAP and HERMES_GATEWAY_BOOTSTRAP_STATE, twice", Run: bootstrap,
		},
		Check{
			Name: "a start without network works and prints nothing about it", Clauses: []string{"SETUP-39"},
			Doc: "docker run --network none IMG true",
			Run: func(ctx context.Context, s *harness.Subject) error {
				code, out, errs, err := run(ctx, s, harness.Spec{Cmd: []string{"true"}, Host: noNetwork})
				if err == nil && (code != 0 || regexp.MustCompile(`(?i)traceback|resolve|unreachable|timed out`).MatchString(out+errs)) {
					err = violates("SETUP-39", "want exit code 0 and no word of the network, got %d and:\n%s%s", code, out, errs)
				}
				return err
			},
		},
	)
}

func setupScripts() []scripted {
	return []scripted{
		{
			clause: "SETUP-01", name: "setup runs again in a live container", user: "0",
			script: `/opt/hermes/docker/stage2-hook.sh | tail -n 1`, want: "[stage2] Setup complete; starting user services",
		},
		{
			clause: "SETUP-18", name: "the folders of the volume are there and belong to hermes",
			script: `cd /opt/data && for d in cron sessions logs hooks memories skills skins plans workspace home pairing platforms/pairing lazy-packages \
  image_cache audio_cache cache state kanban bin scripts .local whatsapp mcp-tokens plugins checkpoints sandboxes backups logs/gateways; do
  test -d $d && test "$(stat -c %U $d)" = hermes || { echo $d; exit 1; }; done`,
		},
		{clause: "SETUP-19", name: "a fresh volume gets .env, config.yaml and SOUL.md", script: `cd /opt/data && test -s .env && test -s config.yaml && test -s SOUL.md && grep -q '^_config_version: [0-9]' config.yaml`},
		{clause: "SETUP-20", name: "secrets and settings have their modes", script: `cd /opt/data && stat -c '%U %a' .env config.yaml`, want: "hermes 600\nhermes 640"},
		{clause: "SETUP-21", name: "no .install_method is written into the volume", script: `! test -e /opt/data/.install_method`},
		{clause: "SETUP-28", name: "an idle boot writes no state file", script: `cd /opt/data && ! test -e gateway_state.json`},
		{
			clause: "SETUP-29", name: "bundled skills are in the volume and belong to hermes",
			script: `cd /opt/data/skills && test "$(find . -name SKILL.md | wc -l)" -gt 20 && ! find . ! -user hermes | grep .`,
		},
		{
			clause: "SETUP-30", full: true, name: "the browser found is in the environment directory",
			script: `f=$(cat /run/s6/container_environment/AGENT_BROWSER_EXECUTABLE_PATH) && test -x "$f" && case $f in "$PLAYWRIGHT_BROWSERS_PATH"/*) ;; *) echo "$f"; exit 1;; esac`,
		},
		{
			clause: "RCP-07", name: "the volume holds what the document lists",
			script: `cd /opt/data && ls -d .env config.yaml SOUL.md sessions memories skills home cron hooks logs skins`,
		},
	}
}

func setupLines(ctx context.Context, s *harness.Subject) error {
	c, err := s.Shared(ctx, idle())
	if err != nil {
		return err
	}
	_, out, err := c.Logs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	if !strings.Contains(out, "[stage2] Setup complete; starting user services\n") {
		errs = append(errs, violates("SETUP-01", "no last line of setup on stderr:\n%s", out))
	}
	if strings.Contains(out, "Changing hermes") {
		errs = append(errs, violates("SETUP-05", "a change of equal ids on stderr:\n%s", out))
	}
	return errors.Join(errs...)
}

func usedVolume(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	root := func(f harness.File) harness.File { f.Path = "/opt/data/" + f.Path; return f }
	c, err := startIdle(ctx, s, harness.Spec{
		Volumes: []harness.Volume{{Name: volume}},
		Files: []harness.File{
			{Path: "/opt/data", Dir: true, UID: 4711, GID: 4711},
			root(harness.File{Path: "sessions", Dir: true}),
			root(harness.File{Path: "sessions/deep", Dir: true}),
			root(harness.File{Path: "sessions/deep/file", Content: "x"}),
			root(harness.File{Path: "profiles", Dir: true}),
			root(harness.File{Path: "profiles/old", Dir: true}),
			root(harness.File{Path: "auth.json", Content: "{}"}),
			root(harness.File{Path: "host_secret.json", Content: "{}"}),
			root(harness.File{Path: "my-notes", Dir: true}),
			root(harness.File{Path: "my-notes/a", Content: "mine"}),
			root(harness.File{Path: "SOUL.md", Content: "my own soul\n"}),
			root(harness.File{Path: ".env", Content: "A=b\n"}),
			root(harness.File{Path: ".install_method", Content: "docker\n"}),
			root(harness.File{Path: "memories", Link: "/etc/ssl"}),
			root(harness.File{Path: "active_profile", Link: "/etc/hostname"}),
		},
	})
	if err != nil {
		return err
	}
	_, out, err := c.Logs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	fixing := regexp.MustCompile(`(?m)^\[stage2\] Fixing ownership of /opt/data \(targeted\) to hermes \(10000\).*HERMES_UID=4711.*HERMES_ADOPT_VOLUME_OWNER=1`)
	if !fixing.MatchString(out) {
		errs = append(errs, violates("SETUP-10", "no line about the repair:\n%s", out))
	}
	for _, action := range []string{"recursive chown", "chown"} {
		if !regexp.MustCompile(`(?m)^\[stage2\] Warning: refusing ` + action + ` through symlinked path \S+ — continuing$`).MatchString(out) {
			errs = append(errs, violates("SETUP-15", "no refusal of %q:\n%s", action, out))
		}
	}
	return errors.Join(append(errs, repaired(ctx, c))...)
}

// repaired looks at the owners and contents after the repair.
func repaired(ctx context.Context, c *harness.Container) error {
	var errs []error
	for _, e := range []struct{ clause, script, want string }{
		{"SETUP-10", `stat -c %U /opt/data /opt/data/sessions/deep/file`, "hermes\nhermes"},
		{"SETUP-12", `stat -c %U /opt/data/profiles/old`, "hermes"},
		{"SETUP-13", `stat -c %U /opt/data/auth.json /opt/data/host_secret.json`, "hermes\nroot"},
		{"SETUP-11", `stat -c %U /opt/data/my-notes /opt/data/my-notes/a`, "root\nroot"},
		{"SETUP-15", `stat -c %U /etc/ssl /etc/hostname; readlink /opt/data/memories`, "root\nroot\n/etc/ssl"},
		{"SETUP-19", `cat /opt/data/SOUL.md`, "my own soul"},
		{"SETUP-20", `stat -c '%U %a' /opt/data/.env && cat /opt/data/.env`, "hermes 600\nA=b"},
		{"SETUP-21", `ls /opt/data/.install_method 2>/dev/null; true`, ""},
	} {
		res, err := c.Root(ctx, e.script)
		if err == nil && (res.Code != 0 || res.Output() != e.want) {
			err = violates(e.clause, "%s: want %q, got %s", e.script, e.want, res)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func bootstrap(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	const look = `stat -c '%U %a' auth.json gateway_state.json && cat auth.json && echo && cat gateway_state.json`
	boot := func(auth, state string) (string, error) {
		code, out, errs, err := run(ctx, s, harness.Spec{
			Cmd: []string{"sh", "-c", "cd /opt/data && echo ==== && " + look}, Volumes: []harness.Volume{{Name: volume}},
			Env: map[string]string{"HERMES_AUTH_JSON_BOOTSTRAP": auth, "HERMES_GATEWAY_BOOTSTRAP_STATE": state},
		})
		if err == nil && code != 0 {
			err = violates("SETUP-25", "exit code %d:\n%s%s", code, out, errs)
		}
		_, got, _ := strings.Cut(out, "====\n")
		return got, err
	}
	const want = "hermes 600\nhermes 644\n{\"first\": true}\n"
	first, err := boot(`{"first": true}`, "running")
	if err != nil {
		return err
	}
	// The slot that the bootstrapped state starts may already have rewritten its file.
	if !strings.HasPrefix(first, want) || !strings.Contains(first, `"gateway_state":"running"`) && !strings.Contains(first, `"gateway_state": "`) {
		return violates("SETUP-25", "want %q and the state, got %q", want, first)
	}
	second, err := boot(`{"second": true}`, "stopped")
	if err == nil && !strings.Contains(second, `{"first": true}`) {
		err = violates("SETUP-25", "a used volume was written: %q", second)
	}
	return err
}
