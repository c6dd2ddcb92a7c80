package profile

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Config has the settings of a profile's config.yaml that concern the supervisor.
type Config struct {
	Multiplex    bool          // the default gateway serves all profiles
	DrainTimeout time.Duration // how long a stopping gateway may finish its work; 0: not configured
	Model        string        // which model answers; "": not configured
	HasProvider  bool          // who serves it is configured
}

// maxDrain bounds a configured DrainTimeout.
const maxDrain = time.Hour

// ReadConfig reads config.yaml of a profile's directory. For a file that cannot be read or parsed it
// returns a zero Config and the reason; callers test fs.ErrNotExist.
//
// contract: REC-09
func ReadConfig(dir string) (Config, error) {
	const name = "config.yaml"
	b, err := readHead(dir, name, MaxConfig)
	if err != nil {
		return Config{}, err
	}
	type section struct {
		Multiplex any `yaml:"multiplex_profiles"`
		Drain     any `yaml:"restart_drain_timeout"`
	}
	var file struct {
		section `yaml:",inline"`
		Gateway section `yaml:"gateway"`
		Agent   section `yaml:"agent"`
		Model   any     `yaml:"model"`
	}
	if err := LoadYAML(b, &file); err != nil {
		return Config{}, fmt.Errorf("cannot parse %q: %w", filepath.Join(dir, name), err)
	}
	config := Config{Multiplex: yes(file.Multiplex) || yes(file.Gateway.Multiplex)}
	for _, value := range []any{file.Agent.Drain, file.Gateway.Drain, file.Drain} {
		config.DrainTimeout = max(config.DrainTimeout, seconds(value))
	}
	config.Model, config.HasProvider = model(file.Model)
	return config, nil
}

// model reads the section about the model: its name alone, or more.
func model(value any) (name string, hasProvider bool) {
	section, ok := value.(map[string]any)
	if !ok {
		name, _ = value.(string)
		return strings.TrimSpace(name), false
	}
	name, _ = section["default"].(string)
	for _, key := range []string{"provider", "base_url", "api_key"} {
		text, _ := section[key].(string)
		hasProvider = hasProvider || strings.TrimSpace(text) != ""
	}
	return strings.TrimSpace(name), hasProvider
}

func yes(value any) bool {
	v, ok := value.(bool)
	return ok && v
}

func seconds(value any) time.Duration {
	var n float64
	switch v := value.(type) {
	case int:
		n = float64(v)
	case float64:
		n = v
	}
	if !(n > 0) {
		return 0
	}
	return time.Duration(min(n, maxDrain.Seconds()) * float64(time.Second))
}
