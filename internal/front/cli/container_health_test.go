package cli

import (
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/front/gateway"
)

func TestDashboardAddress(t *testing.T) {
	clause.Proves(t, "DASH-03", "ENV-11", "HEALTH-02")
	for _, c := range []struct{ host, port, want string }{
		{"", "", "127.0.0.1:9119"},
		{"localhost", "9333", "localhost:9333"},
		{"10.0.0.7", "1", "10.0.0.7:1"},
		{"0.0.0.0", "65535", "127.0.0.1:65535"},
		{"::", "09119", "[::1]:09119 127.0.0.1:09119"},
		{"::1", "9119", "[::1]:9119"},
		{"--help", "soon", "127.0.0.1:9119"},
		{"a b", "0", "127.0.0.1:9119"},
		{"é", "65536", "127.0.0.1:9119"},
		{"x;y", "-1", "127.0.0.1:9119"},
		{"h", "009119", "h:9119"},
		{"h", "+9120", "h:9119"},
	} {
		hosts, port := dashboardAddress(c.host, c.port)
		for i, host := range hosts {
			hosts[i] = net.JoinHostPort(host, port)
		}
		if diff := cmp.Diff(c.want, strings.Join(hosts, " ")); diff != "" {
			t.Errorf("host %q, port %q:\n%s", c.host, c.port, diff)
		}
	}
}

// The same gateway has the same reason at each look, and all that is wrong with it is in it.
func TestHealthOfPlatforms(t *testing.T) {
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
				ok, reason := judge(gateway.Report{State: "up", Agent: "running", Platforms: c.platforms})
				if ok != c.ok || reason != c.want {
					t.Fatalf("want %t %q, got %t %q", c.ok, c.want, ok, reason)
				}
			}
		})
	}
}
