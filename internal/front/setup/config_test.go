package setup

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestWhichConfigurationsAreOutdated(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		latest  int
		want    bool
	}{
		"current":                    {"_config_version: 33", 33, false},
		"newer":                      {"_config_version: 34", 33, false},
		"older":                      {"_config_version: 32", 33, true},
		"a string":                   {"_config_version: '33'", 33, false},
		"none":                       {"model: x", 33, true},
		"true, not a number":         {"_config_version: true", 33, true},
		"empty file":                 {"", 33, true},
		"a list":                     {"- a", 33, true},
		"not YAML":                   {"a: [", 33, false},
		"an agent without a version": {"_config_version: 33", 0, true},
	} {
		if got := outdated([]byte(test.content), test.latest); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestOnlyAnOldConfigurationStartsTheMigration(t *testing.T) {
	clause.Proves(t, "SETUP-22", "SETUP-23", "SETUP-24")
	c := newContainer(t)
	c.file("opt/data/config.yaml", "_config_version: 33\n", 0o640)
	if out := c.run(); strings.Contains(out, "docker_config_migrate.py") {
		t.Errorf("migrated a current file:\n%s", out)
	}
	c.file("opt/data/config.yaml", "_config_version: 3\n", 0o640)
	c.expect(c.run(), "python docker_config_migrate.py uid 10000 HOME /opt/data\n")
	skipped := c.run("HERMES_SKIP_CONFIG_MIGRATION= On")
	c.expect(skipped, "[config-migrate] HERMES_SKIP_CONFIG_MIGRATION is set; skipping config migration\n")
	if strings.Contains(skipped, "docker_config_migrate.py") {
		t.Errorf("migrated nevertheless:\n%s", skipped)
	}
	c.file("opt/hermes/.venv/bin/python", "#!/bin/sh\necho broken >&2\nexit 1\n", 0o755)
	c.expect(c.run(), "broken\n", "[stage2] Warning: docker_config_migrate.py failed; continuing\n")
}
