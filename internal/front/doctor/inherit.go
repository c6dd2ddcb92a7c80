package doctor

import (
	"context"
	"strings"

	"caduceus/internal/front/inherit"
)

// inherited notes which profiles do not get what of the container's variables, those that miss the same together.
//
// contract: INH-03
func inherited(_ context.Context, c Container) []Finding {
	var notes []Finding
	of := inherit.Open(c.Root, c.Home)
	names, _ := c.Home.Names()
	at := map[string]int{}
	for _, name := range names {
		cause := of.Cause(name)
		if cause == "" {
			continue
		}
		if i, found := at[cause]; found {
			notes[i].Object = strings.Replace(notes[i].Object, "profile ", "profiles ", 1) + ", " + name
			notes[i].Fix = "set what each is to have in the .env of its own directory"
			continue
		}
		at[cause] = len(notes)
		notes = append(notes, Finding{"profile " + name, cause, of.Fix(name)})
	}
	return notes
}
