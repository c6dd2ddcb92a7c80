package gateway

import (
	"testing"

	"caduceus/internal/clause"
)

// The same gateway has the same reason at each look, and all that is wrong with it is in it.
func TestAGatewayIsAsHealthyAsItsPlatforms(t *testing.T) {
	clause.Proves(t, "HEALTH-02")
	for name, c := range map[string]struct {
		platforms map[string]string
		ok        bool
		want      string
	}{
		"all well":     {map[string]string{"telegram": "connected"}, true, "running"},
		"one fatal":    {map[string]string{"telegram": "fatal", "slack": "connected"}, false, "has a fatal platform: telegram"},
		"two fatal":    {map[string]string{"telegram": "fatal", "discord": "fatal", "slack": "retrying"}, false, "has fatal platforms: discord, telegram"},
		"two retrying": {map[string]string{"telegram": "retrying", "discord": "retrying"}, true, "running, retrying discord, retrying telegram"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 { // the order of a map differs from look to look
				ok, reason := Report{State: "up", Agent: "running", Platforms: c.platforms}.Verdict()
				if ok != c.ok || reason != c.want {
					t.Fatalf("want %t %q, got %t %q", c.ok, c.want, ok, reason)
				}
			}
		})
	}
}
