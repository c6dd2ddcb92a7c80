package supervise

import (
	"bytes"
	"os"
	"strconv"
)

// oomKills reads how many processes of the own cgroup the kernel has killed for
// want of memory: version 2 of the cgroups, then version 1. Without any, 0.
//
// spec: SUP-33
func oomKills() uint64 {
	for _, path := range []string{"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"} {
		if text, err := os.ReadFile(path); err == nil {
			return parseOOMKills(text)
		}
	}
	return 0
}

// parseOOMKills finds the line "oom_kill N".
func parseOOMKills(text []byte) uint64 {
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) == 2 && string(fields[0]) == "oom_kill" {
			n, _ := strconv.ParseUint(string(fields[1]), 10, 64) // 0 for garbage
			return n
		}
	}
	return 0
}
