package setup

import (
	"strings"

	"caduceus/internal/env"
)

// warnAboutNames names each variable that nobody reads because of its case.
//
// contract: ENV-11
func (j *job) warnAboutNames() {
	for _, name := range env.Environ(j.Environ).Miscased() {
		j.warn("%s is ignored: names of variables are upper case, %s", name, strings.ToUpper(name))
	}
}
