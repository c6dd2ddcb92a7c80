package setup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
)

// migrateConfig runs the migration script if config.yaml is older than the agent's schema. It compares the versions
// itself, because starting Python takes a second.
//
// contract: SETUP-22
func (j *job) migrateConfig(ctx context.Context, v *volume) error {
	if env.SkipConfigMigration.On(j.Environ) {
		fmt.Fprintln(j.Stdout, "[config-migrate] "+env.SkipConfigMigration.String()+" is set; skipping config migration")
		return nil
	}
	content, err := held.ReadHead(j.inRoot(v.name("config.yaml")), profile.MaxConfig)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.warn("cannot read %s: %v", v.name("config.yaml"), cause(err))
	}
	if err != nil || !outdated(content, j.latestSchema()) {
		return nil
	}
	const script = "docker_config_migrate.py"
	if err := j.runScript(ctx, script); err != nil {
		j.warn("%s failed; continuing", script)
	}
	return nil
}

// latestSchema returns the schema version of the installed agent, 0 if its source has none.
func (j *job) latestSchema() int {
	source, err := os.ReadFile(j.inRoot(installDir + "/hermes_cli/config.py"))
	if err != nil {
		return 0
	}
	return schemaOf(source)
}

func schemaOf(source []byte) int {
	found := regexp.MustCompile(`(?m)^\s*"_config_version":\s*(\d+)`).FindSubmatch(source)
	if found == nil {
		return 0
	}
	version, _ := strconv.Atoi(string(found[1]))
	return version
}

// outdated reports whether a configuration needs the migration script. A file that is not YAML does not: the agent itself
// reports it. If the agent's version is not known (0), the script has to find out.
func outdated(content []byte, latest int) bool {
	var config any
	if profile.LoadYAML(content, &config) != nil {
		return false
	}
	return latest == 0 || versionOf(config) < latest
}

// versionOf returns the schema version of a configuration as the agent reads it, 0 if it has none.
func versionOf(config any) int {
	settings, _ := config.(map[string]any)
	switch value := settings["_config_version"].(type) {
	case int:
		return value
	case float64:
		return int(value)
	case string:
		version, _ := strconv.Atoi(strings.TrimSpace(value))
		return version
	}
	return 0
}

// stampVersion sets the schema version in the seed of config.yaml. Version 0 leaves it as it is.
func stampVersion(seed []byte, version int) []byte {
	if version == 0 {
		return seed
	}
	line := []byte(fmt.Sprintf("_config_version: %d", version))
	pattern := regexp.MustCompile(`(?m)^_config_version:.*$`)
	if !pattern.Match(seed) {
		return append(append(seed, line...), '\n')
	}
	return pattern.ReplaceAll(seed, line)
}
