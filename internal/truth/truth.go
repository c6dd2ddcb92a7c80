package truth

import "strings"

// Exact is for variables that take 1, true, TRUE, True, yes, YES and Yes, letter for letter:
// HERMES_DASHBOARD, HERMES_DASHBOARD_TUI, HERMES_DASHBOARD_INSECURE, HERMES_DOCKER_EXEC_AS_ROOT.
func Exact(v string) bool {
	switch v {
	case "1", "true", "TRUE", "True", "yes", "YES", "Yes":
		return true
	}
	return false
}

// Lower is for HERMES_GATEWAY_NO_SUPERVISE: 1, true and yes in any case, without trimming.
func Lower(v string) bool {
	switch strings.ToLower(v) {
	case "1", "true", "yes":
		return true
	}
	return false
}

// Loose is for all other switches: 1, true, yes and on, in any case, blanks around them ignored.
func Loose(v string) bool {
	v = strings.TrimSpace(v)
	return Lower(v) || strings.EqualFold(v, "on")
}
