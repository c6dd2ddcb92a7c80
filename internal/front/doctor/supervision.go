package doctor

import (
	"context"

	"caduceus/internal/front/profile"
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

// gateways looks at those that somebody wants up.
func gateways(_ context.Context, c Container) []Finding {
	var found []Finding
	for _, r := range c.Gateways {
		if ok, reason := r.Verdict(); !ok {
			found = append(found, Finding{r.Slot, reason, "docker logs this container; then " + profile.CommandLine(r.Profile, "gateway restart")})
		}
	}
	return found
}

func dashboard(_ context.Context, c Container) []Finding {
	if c.Dashboard == nil {
		return nil
	}
	if ok, reason := c.Dashboard(); !ok {
		return one("dashboard", reason, "docker logs this container; one that has just started needs some seconds")
	}
	return nil
}
