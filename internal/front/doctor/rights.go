package doctor

import (
	"context"
	"fmt"
	"os"
	"slices"

	"caduceus/internal/env"
	"caduceus/internal/identity"
)

const pingRange = "net.ipv4.ping_group_range"

// ping looks for a network whose kernel setting keeps hermes from ping: no program of the image has
// a capability of its own.
//
// contract: RUN-13
func ping(_ context.Context, c Container) []Finding {
	text, err := os.ReadFile(c.path("/proc/sys/net/ipv4/ping_group_range"))
	if err != nil {
		return nil // not every kernel has it, and where it is missing nobody is kept away
	}
	account, err := c.account()
	if err == nil && !mayPing(string(text), account) {
		// A kernel takes no group that the container's user namespace has not: those of a rootless engine are few.
		return one("ping", fmt.Sprintf("%s has no group of user %s", pingRange, identity.Hermes),
			fmt.Sprintf(`docker run --sysctl %s="0 %d"; with --network host set that on the host`, pingRange, account.GID))
	}
	return nil
}

// pathOrder looks for a PATH of the container, as an older image had it or docker run -e PATH kept it, in which the
// volume's programs come before the system's.
//
// contract: IMG-04
func pathOrder(_ context.Context, c Container) []Finding {
	path := env.ReadOne(c.path(env.Dir), env.Text("PATH"))
	if dir := env.VolumeFirst(path, c.Home.Root()); dir != "" {
		return one("PATH", dir+", which hermes can write to, comes before directories of the system: docker exec -u 0 would run programs of hermes",
			"start the container without -e PATH, and build derived images anew from this one, or put "+dir+" last")
	}
	return nil
}

// mayPing reports whether the account may open ICMP datagram sockets by the kernel's range of groups.
func mayPing(groups string, a identity.Account) bool {
	var low, high uint32
	if n, _ := fmt.Sscan(groups, &low, &high); n != 2 {
		return true
	}
	return slices.ContainsFunc(append([]uint32{a.GID}, a.Groups...), func(gid uint32) bool { return low <= gid && gid <= high })
}
