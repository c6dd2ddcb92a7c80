package doctor

import (
	"context"

	"caduceus/internal/launch"
)

// agentPath is the agent's own program.
const agentPath = "/opt/hermes/libexec/hermes"

// supervision looks at what supervises.
//
// contract: HEALTH-04
func supervision(_ context.Context, c Container) []Finding {
	if c.NoBoot {
		return nil
	}
	if !c.Supervised {
		return one("init", "nothing supervises "+c.Scandir.Path, "start the container with the image's own entry point")
	}
	var found []Finding
	for _, p := range c.Supervisors {
		found = append(found, Finding{p.Object, p.Cause, p.Fix})
	}
	return found
}

func agent(_ context.Context, c Container) []Finding {
	if err := launch.Executable(c.path(agentPath)); err != nil {
		return one(agentPath, err.Error(), "use an image whose agent is complete")
	}
	return nil
}

// askedFor names what somebody asked for and is not there.
//
// contract: HEALTH-05, HEALTH-06
func askedFor(_ context.Context, c Container) []Finding {
	var found []Finding
	for _, v := range c.AskedFor {
		if !v.Healthy {
			found = append(found, Finding{v.Object, v.Reason, v.Fix})
		}
	}
	return found
}
