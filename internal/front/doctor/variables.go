package doctor

import (
	"context"
	"strings"

	"caduceus/internal/env"
	"caduceus/internal/front/profile"
)

// refusedHome names a HERMES_HOME that nobody uses.
//
// contract: ENV-11
func refusedHome(_ context.Context, c Container) []Finding {
	if _, notice := profile.HomeOf(c.Root, c.Environ); notice != "" {
		return one(env.Home.String(), notice, "set an absolute path that is not the system's")
	}
	return nil
}

// variableNames looks for variables whose name is not in upper case.
//
// contract: ENV-11
func variableNames(_ context.Context, c Container) []Finding {
	var found []Finding
	for _, name := range c.Environ.Miscased() {
		found = append(found, Finding{name, "nobody reads it: names of variables are upper case", "docker run -e " + strings.ToUpper(name) + "=…"})
	}
	return found
}

// switches looks for values that do not mean what somebody meant.
//
// contract: ENV-11
func switches(_ context.Context, c Container) []Finding {
	var found []Finding
	for _, v := range env.Switches() {
		if value := c.Environ.Value(v); !v.Yes(value) && !env.No(value) {
			found = append(found, Finding{
				v.String(), env.ShownWord(value) + " is neither true nor false; it counts as false",
				"docker run -e " + v.String() + "=1, or =0",
			})
		}
	}
	return found
}
