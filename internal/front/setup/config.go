package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/bootlog"
	"caduceus/internal/front/migration"
	"caduceus/internal/front/mounts"
	"caduceus/internal/front/profile"
	"caduceus/internal/front/userfile"
	"caduceus/internal/held"
)

// migrateConfig runs the migration script if config.yaml is older than the agent's schema. It compares the versions
// itself, because starting Python takes a second. What failed is tried again once something has changed.
//
// contract: SETUP-22, SETUP-43
func (j *job) migrateConfig(ctx context.Context, v *volume) error {
	if env.SkipConfigMigration.On(j.Environ) {
		fmt.Fprintln(j.Stdout, "[config-migrate] "+env.SkipConfigMigration.String()+" is set; skipping config migration")
		return nil
	}
	if j.unusable["config.yaml"] {
		return nil
	}
	content, err := held.ReadHead(j.inRoot(v.name("config.yaml")), profile.MaxConfig)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.warn("cannot read %s: %v", v.name("config.yaml"), cause(err))
	}
	if err != nil {
		return nil
	}
	latest := j.latestSchema()
	if !outdated(content, latest) {
		return migration.Forget(v.Dir)
	}
	state := migration.StateOf(j.inRoot(v.name(".")))
	if known, ok := migration.Read(v.Dir); ok && known.Latest == latest && known.State == state {
		return nil // it has been said, and doctor says it
	}
	problem := j.migrate(ctx, v)
	if problem == nil {
		return migration.Forget(v.Dir)
	}
	return migration.Write(v.Dir, migration.Failure{Latest: latest, State: state, Cause: problem.Cause, Fix: problem.Fix})
}

// migrate tries to bring config.yaml up to date. The agent goes on with an old one, so that is not the end.
func (j *job) migrate(ctx context.Context, v *volume) *userfile.Problem {
	const old = "config.yaml has an old schema and stays as it is: "
	table := mounts.Table()
	problem := userfile.Writable(j.Root, v.name("config.yaml"), table, j.hermes)
	if problem == nil {
		problem = userfile.Look(j.Root, v.name(".env"), table, j.hermes) // the backup and the agent read it
	}
	if problem != nil {
		problem.Cause = old + problem.Cause
		j.warn("%s", problem)
		return problem
	}
	const script = "docker_config_migrate.py"
	if err := j.runScript(ctx, script); err != nil {
		j.warn("%s failed; continuing", script)
		return &userfile.Problem{
			Cause: old + "the migration failed",
			Fix:   "fix what the lines with [config-migrate] in " + v.name(bootlog.Whole) + " name; the next boot tries again once config.yaml or .env has changed",
		}
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

// schemaOf returns the version on the first line of a Python source that begins with the key, 0 if there is none.
func schemaOf(source []byte) int {
	key := []byte(`"_config_version":`)
	for {
		before, after, found := bytes.Cut(source, key)
		if !found {
			return 0
		}
		line := before[bytes.LastIndexByte(before, '\n')+1:]
		value := bytes.TrimLeft(after, " \t")
		digits := len(value) - len(bytes.TrimLeft(value, "0123456789"))
		if len(bytes.TrimSpace(line)) == 0 && digits > 0 {
			version, _ := strconv.Atoi(string(value[:digits]))
			return version
		}
		source = after
	}
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
