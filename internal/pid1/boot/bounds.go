package boot

import "time"

// usualDeadline keeps the whole stop below the 10 s that engines grant by default.
const usualDeadline = 9500 * time.Millisecond

// Bounds of the rungs that no variable changes.
const (
	loggerGrace = time.Second            // of loggers, from the end of input to TERM
	finishFloor = time.Second            // what a finish script has at least
	flushGrace  = 200 * time.Millisecond // for the last lines of the own log
)

// deadline is how long the rungs from endCmd to endOthers may take together. Who asks for a longer grace than the usual
// deadline tells the engine to wait longer, too, and gets the sum and room for the other rungs.
//
// spec: SUP-79, SUP-80
func deadline(s settings, longestKill time.Duration) time.Duration {
	if max(s.servicesGrace, s.killGrace, longestKill) <= usualDeadline {
		return usualDeadline
	}
	return serviceGrace(s, longestKill) + s.killGrace + 2500*time.Millisecond
}

// serviceGrace is how long after the start of stopServices a service with this timeout-kill gets KILL.
func serviceGrace(s settings, timeoutKill time.Duration) time.Duration {
	return max(s.servicesGrace, timeoutKill)
}

// finishGrace is how long a finish script may still run when its service died at the given time
// after the start of stopServices: the rest of the grace, but not too little.
func finishGrace(grace, died time.Duration) time.Duration {
	return max(grace-died, finishFloor)
}

// restGrace is how long whatever endOthers finds has between TERM and KILL, after endCmd took used.
func restGrace(killGrace, used time.Duration) time.Duration {
	return max(killGrace-used, min(time.Second, killGrace))
}
