package profile

import (
	"os"
	"time"

	"caduceus/internal/procfs"
)

// MarkerFile marks the stop signal that a gateway gets next as asked for.
const MarkerFile = ".gateway-planned-stop.json"

// MarkPlannedStop writes the marker for the gateway with this pid, directly before the signal: the
// agent then ends with 0 and records "stopped".
//
// contract: STATE-05
func MarkPlannedStop(dir string, pid int, now time.Time) error {
	var started any // null where /proc does not say; the agent then goes by the pid alone
	if stat, err := procfs.Read(procfs.Root, pid); err == nil {
		started = stat.StartTicks
	}
	return writeObject(dir, MarkerFile, map[string]any{
		"target_pid":        pid,
		"target_start_time": started,
		"stopper_pid":       os.Getpid(),
		"written_at":        now.UTC().Format("2006-01-02T15:04:05.000000-07:00"),
	})
}
