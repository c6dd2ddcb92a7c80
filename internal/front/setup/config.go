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

	"go.yaml.in/yaml/v4"

	"caduceus/internal/env"
	"caduceus/internal/held"
)

// migrateConfig brings an old configuration to the agent's schema. The versions are compared here;
// only an old file is worth the start of Python.
//
// contract: SETUP-22, SETUP-23, SETUP-24
func (j *job) migrateConfig(ctx context.Context, v *volume) error {
	if env.SkipConfigMigration.On(j.Environ) {
		fmt.Fprintln(j.Stdout, "[config-migrate] "+env.SkipConfigMigration.String()+" is set; skipping config migration")
		return nil
	}
	content, err := held.ReadFile(j.real(v.name("config.yaml")))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.warn("cannot read %s: %v", v.name("config.yaml"), cause(err))
	}
	if err != nil || !outdated(content, j.latestSchema()) {
		return nil
	}
	const script = "docker_config_migrate.py"
	if err := j.script(ctx, script, j.Stdout); err != nil {
		j.warn("%s failed; continuing", script)
	}
	return nil
}

// latestSchema is the version that the installed agent writes, 0 if its source does not tell.
func (j *job) latestSchema() int {
	source, err := os.ReadFile(j.real(installDir + "/hermes_cli/config.py"))
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

// outdated says whether a configuration needs the migration script. A file that is not YAML does
// not: the agent reports it and must not have it replaced. Of an agent that does not tell its
// version, the script finds out.
func outdated(content []byte, latest int) bool {
	var config any
	if yaml.Unmarshal(content, &config) != nil {
		return false
	}
	return latest == 0 || versionOf(config) < latest
}

// versionOf is the schema version of a configuration, 0 where there is none, as the agent counts.
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

// stampVersion puts the schema version into the seed of config.yaml. 0 leaves it as it is.
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
