package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/dotenv"
	"caduceus/internal/front/profile"
	"caduceus/internal/held"
)

// providersPath lists the variables with keys of model providers: the build of the image has asked the agent for them.
const providersPath = "/opt/hermes/docker/provider-variables"

// noModel names profiles whose agent has nobody to ask: those with a gateway, and the default one.
//
// contract: STATUS-07
func noModel(_ context.Context, c Container) []Finding {
	if !c.Supervised {
		return nil
	}
	names := []string{profile.Default}
	for _, r := range c.Gateways {
		if r.Profile != profile.Default {
			names = append(names, r.Profile)
		}
	}
	var found []Finding
	for _, name := range names {
		config, err := profile.ReadConfig(c.Home.Dir(name))
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist): // a finding says so
		case !config.HasProvider && !c.hasKey(name) && !c.hasLogin(name):
			found = append(found, Finding{
				"profile " + name, "no key of a model provider is set: the agent cannot answer",
				"docker exec -it hermes " + profile.CommandLine(name, "setup") + "; or docker run -e OPENROUTER_API_KEY=…",
			})
		case config.Model == "":
			found = append(found, Finding{
				"profile " + name, "no model is chosen: the agent takes the provider's first one, if it knows it",
				"docker exec -it hermes " + profile.CommandLine(name, "model"),
			})
		}
	}
	return found
}

// hasKey reports whether a profile's agent finds a key of a model provider.
func (c Container) hasKey(name string) bool {
	list, err := os.ReadFile(c.path(providersPath))
	known := strings.Fields(string(list))
	isKey := func(variable, value string) bool {
		if err != nil { // an image without the list: the name has to do
			return value != "" && strings.HasSuffix(variable, "_API_KEY")
		}
		return value != "" && slices.Contains(known, variable)
	}
	vars, _ := env.Read(c.path(env.Dir), "") // what cannot be read is not given
	if slices.ContainsFunc(vars, func(v env.Var) bool { return isKey(v.Name, v.Value) }) {
		return true
	}
	for _, entry := range c.Environ {
		if variable, value, _ := strings.Cut(entry, "="); isKey(variable, value) {
			return true
		}
	}
	for variable, value := range c.dotenv(name) {
		if isKey(variable, value) {
			return true
		}
	}
	return false
}

// hasLogin reports whether somebody is logged in to a model provider.
func (c Container) hasLogin(name string) bool {
	var auth struct {
		Active    string                     `json:"active_provider"`
		Providers map[string]json.RawMessage `json:"providers"`
	}
	return json.Unmarshal(c.read(name, "auth.json"), &auth) == nil && (auth.Active != "" || len(auth.Providers) > 0)
}

// dotenv reads a profile's .env; what cannot be read is empty.
func (c Container) dotenv(name string) map[string]string {
	return dotenv.Read(c.read(name, ".env"), c.Environ).Values
}

// read reads a file of a profile; what cannot be read is empty.
func (c Container) read(name, file string) []byte {
	d, err := held.Open(c.Home.Dir(name), held.FollowWithin)
	if err != nil {
		return nil
	}
	defer func() { _ = d.Close() }() // nothing was written
	content, err := d.ReadHead(file, dotenv.MaxSize)
	if err != nil {
		return nil
	}
	return content
}
