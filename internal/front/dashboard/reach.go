package dashboard

import (
	"net"

	"caduceus/internal/env"
)

// Addresses are where a dashboard that is started with this environment can be asked whether it listens, and
// its port. One that listens on all addresses is asked on loopback; a socket of :: may be for IPv6 alone, or
// for both.
//
// contract: HEALTH-02
func Addresses(e env.Environ) (addresses []string, on string) {
	name, _ := host(e.Value(env.DashboardHost))
	on, _ = port(e.Value(env.DashboardPort))
	names := []string{name}
	if ip := net.ParseIP(name); ip != nil && ip.IsUnspecified() {
		names = []string{"127.0.0.1"}
		if ip.To4() == nil {
			names = []string{"::1", "127.0.0.1"}
		}
	}
	for _, name := range names {
		addresses = append(addresses, net.JoinHostPort(name, on))
	}
	return addresses, on
}
