package doctor

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"caduceus/internal/identity"
)

// refusal is what /init would not start for.
//
// contract: STATUS-05
func refusal(_ context.Context, c Container) []Finding {
	if c.Refused == "" {
		return nil
	}
	cause, fix, found := strings.Cut(c.Refused, "; ")
	if !found {
		fix = "docker logs this container says what came before"
	}
	return one("init", cause, fix)
}

// startUser looks at the user that the container was started as.
//
// contract: RUN-01
func startUser(_ context.Context, c Container) []Finding {
	account, err := c.account()
	if err != nil || !c.NoBoot { // docker exec may be anybody; no account: another check names it
		return nil
	}
	if identity.CheckStartUID(c.UID, account, c.Environ) != nil {
		return one(fmt.Sprintf("user %d", c.UID), "the container starts as neither root nor hermes, which is not supported",
			fmt.Sprintf("docker run without --user, with -e HERMES_UID=%d -e HERMES_GID=…; or -e HERMES_ALLOW_ANY_UID=1, at your own risk", c.UID))
	}
	if c.UID == 0 && !c.may(unix.CAP_SETUID, unix.CAP_SETGID) {
		return one("capabilities", "root has no right to become hermes (SETUID, SETGID), and nothing of the agent's runs as root",
			"docker run --cap-add SETUID --cap-add SETGID; or --user hermes")
	}
	return nil
}

// Capabilities are the effective ones of this process, a bit each; all where the kernel does not say.
func Capabilities() uint64 {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if unix.Capget(&hdr, &sets[0]) != nil {
		return ^uint64(0)
	}
	return uint64(sets[1].Effective)<<32 | uint64(sets[0].Effective)
}

// may reports whether the container's start has all these capabilities.
func (c Container) may(capabilities ...int) bool {
	for _, capability := range capabilities {
		if c.Capabilities&(1<<capability) == 0 {
			return false
		}
	}
	return true
}
