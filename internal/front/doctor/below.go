package doctor

import (
	"context"
	"fmt"

	"caduceus/internal/front/versions"
)

// below looks at what the agent stands on.
//
// contract: BELOW-03
func below(_ context.Context, c Container) []Finding {
	var found []Finding
	for _, p := range c.Parts {
		switch {
		case p.Problem != "":
			found = append(found, Finding{p.Name, p.Problem, "use an image that is complete"})
		case p.Name == versions.SQLite && versions.LosesData(p.Version):
			found = append(found, Finding{
				p.Name, fmt.Sprintf("Python has %s, which can corrupt a database that two programs use at once", p.Version),
				"put the image's own libsqlite3.so.0 back into /usr/local/lib, and run ldconfig",
			})
		}
	}
	return found
}
