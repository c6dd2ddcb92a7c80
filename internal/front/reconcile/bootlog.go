package reconcile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"caduceus/internal/front/profile"
)

const (
	logDir   = "logs"
	logFile  = logDir + "/container-boot.log"
	logLimit = 256 << 10 // bytes; from then on the file is renamed first
)

// appendLog adds a line an action to the boot log, all in one write. The log may be a link, but not
// out of the volume.
//
// contract: STATE-09, STATE-10, STATE-11, BOOT-05
func appendLog(home string, now time.Time, actions []Action) error {
	root, err := os.OpenRoot(home)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if root.Mkdir(logDir, 0o755) == nil {
		if err := profile.Adopt(root, logDir); err != nil {
			return err
		}
	}
	if info, err := root.Stat(logFile); err == nil && info.Size() >= logLimit {
		if err := root.Rename(logFile, logFile+".1"); err != nil {
			return err
		}
	}
	f, err := root.OpenFile(logFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return err
	}
	var lines bytes.Buffer
	for _, a := range actions {
		fmt.Fprintf(&lines, "%s %s prior_exit=%s\n", now.Format("2006-01-02T15:04:05-0700"), a, a.Exit)
	}
	_, err = f.Write(lines.Bytes())
	return errors.Join(err, f.Close(), profile.Adopt(root, logFile))
}
