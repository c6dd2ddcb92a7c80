package doctor

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"caduceus/internal/front/mounts"
)

// othersFiles notes that what hermes writes into a directory of the host does not belong to the person who runs the
// container: a rootless engine gives hermes one of their subordinate ids. A volume of the engine's is its own matter.
//
// contract: POD-05
func othersFiles(_ context.Context, c Container) []Finding {
	home := string(c.Home)
	m := mounts.Of(c.Mounts, home)
	if m.Point == "" || m.Point == "/" || m.Volume() != "" || m.Kind == "tmpfs" {
		return nil
	}
	account, err := c.account()
	if err != nil {
		return nil
	}
	text, err := os.ReadFile(c.path("/proc/self/uid_map"))
	if err != nil {
		return nil
	}
	person, rootless := personIn(string(text))
	if !rootless || person == account.UID {
		return nil
	}
	return one(home, "a rootless engine gives hermes one of your subordinate ids, so what is written here is not yours on the host",
		fmt.Sprintf("podman run --userns=keep-id:uid=%d,gid=%d --user=0:0, after podman unshare chown -R 0:0 %s; with rootless Docker, a named volume",
			account.UID, account.GID, m.Named()))
}

// personIn returns the id that the person who runs a rootless container has in it, from the text of uid_map: such a
// container has a range of subordinate ids, and one single id, which is theirs. It is false where ids are mapped otherwise.
func personIn(uidMap string) (uint32, bool) {
	person, singles, ranges := uint32(0), 0, 0
	for line := range strings.Lines(uidMap) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return 0, false
		}
		inside, err := strconv.ParseUint(fields[0], 10, 32)
		if err != nil {
			return 0, false
		}
		if fields[2] == "1" {
			person, singles = uint32(inside), singles+1
		} else {
			ranges++
		}
	}
	return person, singles == 1 && ranges > 0
}
