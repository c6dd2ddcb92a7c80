package setup

import (
	"strings"

	"caduceus/internal/env"
)

// warnAboutSwitches warns about each switch whose value is neither true nor false. It counts as false, which may not be
// what the operator meant.
//
// contract: ENV-11
func (j *job) warnAboutSwitches() {
	for _, v := range env.Switches() {
		if value := j.Environ.Value(v); !v.Yes(value) && !env.No(value) {
			j.warn("%s=%s is neither true nor false; it counts as false (true is: %s)", v, env.ShownWord(value), v.Words())
		}
	}
}

// warnAboutNames warns about each variable that has no effect because its name is in the wrong case.
//
// contract: ENV-11
func (j *job) warnAboutNames() {
	for _, name := range j.Environ.Miscased() {
		j.warn("%s is ignored: names of variables are upper case, %s", name, strings.ToUpper(name))
	}
}
