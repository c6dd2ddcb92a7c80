package env

import (
	"slices"
	"strings"
)

// Miscased returns the names in e, in their order, that would be variables of the image in upper case.
// Nobody reads them: Linux distinguishes the case of names.
func (e Environ) Miscased() []string {
	var found []string
	for _, entry := range e {
		name, _, _ := strings.Cut(entry, "=")
		upper := strings.ToUpper(name)
		if name != upper && !slices.Contains(found, name) && slices.ContainsFunc(families(), func(family string) bool {
			return upper == family || strings.HasSuffix(family, "_") && strings.HasPrefix(upper, family)
		}) {
			found = append(found, name)
		}
	}
	return found
}

// families are what the names of the image's and the agent's variables begin with, or are.
func families() []string {
	return []string{"HERMES_", "S6_", "API_SERVER_", "AGENT_BROWSER_", "WHATSAPP_", "PUID", "PGID", MultiplexProfiles.String()}
}
