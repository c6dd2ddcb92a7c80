package volumelock

import (
	"fmt"

	"caduceus/internal/env"
)

// Warning is the line of a boot on a volume that another container holds. yields: it leaves the volume to that one.
//
// contract: RUN-10
func (h Holder) Warning(home string, yields bool) string {
	if yields {
		return fmt.Sprintf("%s is in use by another running container, %s, which runs its gateways: this boot starts none, and "+
			"leaves its files as they are", home, h)
	}
	return fmt.Sprintf("%s is in use by another running container, %s: two gateways on one volume damage "+
		"its sessions and memories; stop one of the containers, or give each a volume of its own", home, h)
}

// Refusal is the sentence about a request for a gateway that another container has. command is what to do there, such as
// "hermes gateway status".
//
// contract: HOLD-02
func (h Holder) Refusal(home, command string) string {
	return fmt.Sprintf("the gateways of %s run in another container, %s: two on one volume damage its sessions and memories. Ask there "+
		"(docker exec %s %s), stop it (docker stop %s), or mount another volume here; with %s=1 this container runs gateways all the same",
		home, h, h.Name(), command, h.Name(), env.AllowSharedVolume)
}

// MoveRefusal is the sentence about a request to move or remove the directory of a profile, whose gateway another container may
// run. command is what to do there.
//
// contract: HOLD-02
func (h Holder) MoveRefusal(home, command string) string {
	return fmt.Sprintf("the gateways of %s run in another container, %s: one of them may be this profile's, and lose its directory. Ask there "+
		"(docker exec -it %s %s), or stop it (docker stop %s); with %s=1 this container does it all the same",
		home, h, h.Name(), command, h.Name(), env.AllowSharedVolume)
}
