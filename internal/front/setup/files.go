package setup

import (
	"context"

	"caduceus/internal/front/mounts"
	"caduceus/internal/front/userfile"
)

// checkFiles names the files of the user's that hermes cannot use, each once.
//
// contract: SETUP-42
func (j *job) checkFiles(_ context.Context, v *volume) error {
	j.unusable = map[string]bool{}
	table := mounts.Table()
	for _, rel := range userfile.Names() {
		if problem := userfile.Look(j.Root, v.name(rel), table, j.hermes); problem != nil {
			j.warn("%s", problem)
			j.unusable[rel] = true
		}
	}
	return nil
}
