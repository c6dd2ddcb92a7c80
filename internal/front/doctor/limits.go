package doctor

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"caduceus/internal/front/gateway"
	"caduceus/internal/front/profile"
	"caduceus/internal/s6"
)

// closeToLimit is how many processes and threads less than its limit a container may have before that is a finding.
const closeToLimit = 16

// fewestProcesses is the limit below which the init starts no service of hermes.
//
// contract: AGT-09
const fewestProcesses = 48

// pidsLimit looks at the limit of processes, and asks the kernel how often it was hit: whoever met it then may have had no
// process left to say so.
func pidsLimit(_ context.Context, c Container) []Finding {
	for _, dir := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/pids"} {
		read := func(name string) string {
			text, _ := os.ReadFile(c.path(filepath.Join(dir, name))) // missing: the other version of cgroups
			return strings.TrimSpace(string(text))
		}
		limit, err := strconv.Atoi(read("pids.max"))
		if err != nil { // none
			continue
		}
		used, _ := strconv.Atoi(read("pids.current"))
		if cause := lackOfProcesses(limit, used, refusals(read("pids.events"))); cause != "" {
			return one("pids limit", cause, "docker update --pids-limit with a larger number (256 is a start), or -1, and this container; restart it where no gateway runs")
		}
	}
	return nil
}

// lackOfProcesses is what is wrong with a limit, or "".
func lackOfProcesses(limit, used, refused int) string {
	switch {
	case limit < fewestProcesses:
		return fmt.Sprintf("%d processes and threads are too few for a gateway: below %d no service of hermes starts, and a gateway takes about 70", limit, fewestProcesses)
	case refused > 0:
		return fmt.Sprintf("no process or thread was to be had %d times since the container started: %d of %d are in use", refused, used, limit)
	case limit-used < closeToLimit:
		return fmt.Sprintf("%d of %d processes and threads are in use", used, limit)
	}
	return ""
}

// refusals reads the line "max N" of pids.events.
func refusals(events string) int {
	for line := range bytes.Lines([]byte(events)) {
		if fields := bytes.Fields(line); len(fields) == 2 && string(fields[0]) == "max" {
			n, _ := strconv.Atoi(string(fields[1])) // 0 for garbage
			return n
		}
	}
	return 0
}

// roomForLogs looks for loggers that found no room for their files.
//
// contract: LOG-07
func roomForLogs(_ context.Context, c Container) []Finding {
	var found []Finding
	names, _ := c.Scandir.Profiles() // an unreadable scandir has none
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(c.Scandir.Dir(name), s6.LogDir, gateway.NoRoomFile)); err == nil {
			found = append(found, Finding{
				"log of " + profile.SlotPrefix + name, "its disk has no room: the output goes to docker logs only",
				"free some space below " + filepath.Join(c.Home.Root(), "logs") + ": the log goes on there by itself",
			})
		}
	}
	return found
}
