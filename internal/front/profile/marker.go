package profile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// MarkerFile marks the stop signal that a gateway gets next as asked for.
const MarkerFile = ".gateway-planned-stop.json"

// MarkPlannedStop writes the marker for the gateway with this pid, directly before the signal: the
// agent then ends with 0 and records "stopped".
//
// contract: STATE-05
func MarkPlannedStop(dir string, pid int, now time.Time) error {
	var started any // null where /proc does not say; the agent then goes by the pid alone
	if ticks, err := startTicks("/proc", pid); err == nil {
		started = ticks
	}
	return writeObject(dir, MarkerFile, map[string]any{
		"target_pid":        pid,
		"target_start_time": started,
		"stopper_pid":       os.Getpid(),
		"written_at":        now.UTC().Format("2006-01-02T15:04:05.000000-07:00"),
	})
}

// startTicks is field 22 of the process's stat file: ticks between the machine's boot and its start.
func startTicks(proc string, pid int) (int64, error) {
	path := filepath.Join(proc, strconv.Itoa(pid), "stat")
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:]) // the command's name may have blanks
	if len(fields) < 20 {
		return 0, fmt.Errorf("cannot parse %q: %d fields", path, len(fields))
	}
	return strconv.ParseInt(string(fields[19]), 10, 64)
}

// MachineBoot is when the host booted, from btime of /proc/stat; zero if that cannot be read.
func MachineBoot() time.Time {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return time.Time{}
	}
	for line := range bytes.Lines(b) {
		if value, found := bytes.CutPrefix(line, []byte("btime ")); found {
			seconds, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			if err != nil {
				return time.Time{}
			}
			return time.Unix(seconds, 0)
		}
	}
	return time.Time{}
}
