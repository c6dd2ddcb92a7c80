package setup

import (
	"slices"
	"strings"

	"caduceus/internal/contenv"
	"caduceus/internal/variable"
)

// warnAboutSwitches names each switch whose value is neither a yes nor a no: it counts as no, which
// may not be what was meant.
//
// contract: ENV-11
func (j *job) warnAboutSwitches() {
	for _, v := range variable.All() {
		value := j.get(v.Name)
		if v.Agent || v.Part == variable.Build || v.Part == variable.Inner || v.Name == "GATEWAY_MULTIPLEX_PROFILES" || // reconcile
			yesWords(v.Kind) == "" || isNo(value) || variable.True(v.Name, value) {
			continue
		}
		j.warn("%s=%s is neither true nor false; it counts as false (true is: %s)", v.Name, contenv.Shown(value), yesWords(v.Kind))
	}
}

func isNo(value string) bool {
	return slices.Contains([]string{"", "0", "false", "no", "off"}, strings.ToLower(strings.TrimSpace(value)))
}

// yesWords are what a kind of switch takes for true, "" if it is none.
func yesWords(kind variable.Kind) string {
	switch kind {
	case variable.Exact:
		return "1 true TRUE True yes YES Yes"
	case variable.Lower:
		return "1 true yes"
	case variable.Loose:
		return "1 true yes on"
	}
	return ""
}
