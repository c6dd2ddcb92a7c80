package cli

import (
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// contract: DASH-03, ENV-11, HEALTH-02
func TestDashboardAddress(t *testing.T) {
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
