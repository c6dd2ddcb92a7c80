package reconcile

import (
	"bytes"
	"fmt"
	"time"

	"caduceus/internal/held"
)

const (
	logDir   = "logs"
	logFile  = logDir + "/container-boot.log"
	logLimit = 256 << 10 // bytes; from then on the file is renamed first
)

// appendLog adds one line for each action to the boot log, all in one write. The log may be a link, but not
// out of the volume.
//
// contract: STATE-09
func appendLog(home string, now time.Time, actions []Action) error {
	d, err := held.Open(home, held.FollowWithin)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // nothing was written through it
	if made, err := d.MakeDir(logDir, 0o755); err == nil && made {
		if err := d.Adopt(logDir); err != nil {
			return err
		}
	}
	if st, err := d.Stat(logFile); err == nil && st.Size >= logLimit {
		if err := d.Rename(logFile, logFile+".1"); err != nil {
			return err
		}
	}
	var lines bytes.Buffer
	for _, a := range actions {
		fmt.Fprintf(&lines, "%s %s prior_exit=%s\n", now.Format("2006-01-02T15:04:05-0700"), a, a.Exit)
	}
	return d.Append(logFile, lines.Bytes(), 0o644)
}
