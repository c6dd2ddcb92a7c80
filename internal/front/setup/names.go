package setup

import (
	"strings"
)

// warnAboutNames names each variable that nobody reads because of its case.
//
// contract: ENV-11
func (j *job) warnAboutNames() {
	for _, name := range j.Environ.Miscased() {
		j.warn("%s is ignored: names of variables are upper case, %s", name, strings.ToUpper(name))
	}
}
