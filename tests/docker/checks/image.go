package checks

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"caduceus/tests/docker/harness"
)

// imageChecks look at the image's configuration; no container is started.
// contract: IMG-01 IMG-02 IMG-03 IMG-04 IMG-05 IMG-20 IMG-22 TOOL-01 HEALTH-03
func imageChecks() []Check {
	return []Check{
		{
			Name:    "the entry point is init and wrapper, without command and user",
			Clauses: []string{"IMG-01", "IMG-02"},
			Doc:     "inspects the image",
			Run:     imageStart,
		},
		{
			Name:    "the health check is the image's",
			Clauses: []string{"HEALTH-03"},
			Doc:     "inspects the image",
			Run:     imageHealthCheck,
		},
		{
			Name:    "the image sets the documented environment",
			Clauses: []string{"IMG-03", "IMG-04", "IMG-05", "IMG-22"},
			Doc:     "inspects the image",
			Run:     imageEnv,
		},
		{
			Name:    "the image says where it comes from",
			Clauses: []string{"IMG-20", "TOOL-01"},
			Doc:     "inspects the image's labels",
			Run:     imageLabels,
		},
	}
}

func imageStart(ctx context.Context, s *harness.Subject) error {
	got, err := s.Inspect(ctx)
	if err != nil {
		return err
	}
	var errs []error
	expect := func(clause, what string, want, got any) {
		if diff := cmp.Diff(want, got); diff != "" {
			errs = append(errs, violates(clause, "%s (-want +got):\n%s", what, diff))
		}
	}
	cfg := got.Config
	expect("IMG-01", "entry point", []string{"/init", "/opt/hermes/docker/main-wrapper.sh"}, cfg.Entrypoint)
	expect("IMG-02", "command words", 0, len(cfg.Cmd))
	if cfg.User != "hermes" && cfg.User != "root" { // DERIVED-01: a derived image may end with either
		expect("IMG-02", "user", "", cfg.User)
	}
	expect("IMG-02", "working directory", "/opt/hermes", cfg.WorkingDir)
	expect("IMG-02", "volumes", []string{"/opt/data"}, slices.Sorted(maps.Keys(cfg.Volumes)))
	expect("IMG-02", "number of exposed ports", 0, len(cfg.ExposedPorts))
	return errors.Join(errs...)
}

func imageHealthCheck(ctx context.Context, s *harness.Subject) error {
	got, err := s.Inspect(ctx)
	if err != nil {
		return err
	}
	check := got.Config.Healthcheck
	if check == nil || !strings.Contains(strings.Join(check.Test, " "), "/command/hermes-health") {
		return violates("HEALTH-03", "want a health check by /command/hermes-health, got %+v", check)
	}
	return nil
}

func imageEnv(ctx context.Context, s *harness.Subject) error {
	got, err := s.Inspect(ctx)
	if err != nil {
		return err
	}
	env := map[string]string{}
	for _, kv := range got.Config.Env {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	var errs []error
	expect := func(clause string, want map[string]string) {
		for _, k := range slices.Sorted(maps.Keys(want)) {
			if v, set := env[k]; !set || v != want[k] {
				errs = append(errs, violates(clause, "want %s=%q, got %q (set: %t)", k, want[k], v, set))
			}
		}
	}
	expect("IMG-03", map[string]string{
		"HERMES_HOME": "/opt/data", "HERMES_WRITE_SAFE_ROOT": "/opt/data",
		"HERMES_DISABLE_LAZY_INSTALLS": "1", "HERMES_LAZY_INSTALL_TARGET": "/opt/data/lazy-packages",
		"HERMES_WEB_DIST": "/opt/hermes/hermes_cli/web_dist", "HERMES_TUI_DIR": "/opt/hermes/ui-tui",
		"PLAYWRIGHT_BROWSERS_PATH": "/opt/hermes/.playwright", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1",
		"PYTHONDONTWRITEBYTECODE": "1", "npm_config_install_links": "false", "NODE_DISABLE_COMPILE_CACHE": "1",
	})
	expect("IMG-22", map[string]string{"AGENT_BROWSER_ARGS": "--no-sandbox,--disable-dev-shm-usage"})
	const path = "/opt/hermes/bin:/opt/hermes/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/data/.local/bin"
	if env["PATH"] != path {
		errs = append(errs, violates("IMG-04", "want PATH %q, got %q", path, env["PATH"]))
	}
	if slices.Contains(strings.Split(env["PATH"], ":"), "/command") {
		errs = append(errs, violates("IMG-05", "/command is on the PATH %q", env["PATH"]))
	}
	return errors.Join(errs...)
}

func imageLabels(ctx context.Context, s *harness.Subject) error {
	got, err := s.Inspect(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for label, clause := range map[string]string{
		"org.opencontainers.image.revision":  "IMG-20",
		"org.opencontainers.image.source":    "IMG-20",
		"org.opencontainers.image.version":   "IMG-20",
		"org.opencontainers.image.base.name": "TOOL-01",
	} {
		if got.Config.Labels[label] == "" {
			errs = append(errs, violates(clause, "label %q is missing or empty", label))
		}
	}
	return errors.Join(errs...)
}
