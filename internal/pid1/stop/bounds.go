package stop

import (
	"time"

	"caduceus/internal/pid1/settings"
)

// usualDeadline keeps the whole stop below the 10 s that engines grant by default.
const usualDeadline = 9500 * time.Millisecond

// Bounds that no variable changes.
const (
	loggerGrace = time.Second            // of loggers, from the end of input to TERM
	flushGrace  = 200 * time.Millisecond // for the last lines of the own log
	killTime    = 500 * time.Millisecond // for the end of what gets KILL last
)

// deadline is how long the steps from endCmd to endOthers may take together. Who asks for a longer grace
// than the usual deadline tells the engine to wait longer, too, and gets the sum, with room for the
// other steps.
//
// spec: SUP-80
func deadline(s settings.Settings, longestKill time.Duration) time.Duration {
	if max(s.ServicesGrace, s.KillGrace, longestKill) <= usualDeadline {
		return usualDeadline
	}
	return serviceGrace(s, longestKill) + s.KillGrace + 2500*time.Millisecond
}

// serviceGrace is how long after the start of stopServices a service with this timeout-kill gets KILL.
func serviceGrace(s settings.Settings, timeoutKill time.Duration) time.Duration {
	return max(s.ServicesGrace, timeoutKill)
}

// restGrace is what a process that endOthers finds has between TERM and KILL, when endCmd took used.
func restGrace(killGrace, used time.Duration) time.Duration {
	return max(killGrace-used, min(time.Second, killGrace))
}
