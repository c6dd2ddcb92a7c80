package setup

import "caduceus/internal/env"

// warnAboutSwitches names each switch whose value is neither a yes nor a no: it counts as no, which
// may not be what was meant.
//
// contract: ENV-11
func (j *job) warnAboutSwitches() {
	for _, v := range env.Switches() {
		if value := j.Environ.Value(v); !v.Yes(value) && !env.No(value) {
			j.warn("%s=%s is neither true nor false; it counts as false (true is: %s)", v, env.Shown(value), v.Words())
		}
	}
}
