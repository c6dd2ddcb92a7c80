package boot

import (
	"os"

	"caduceus/internal/procfs"
	"caduceus/internal/record"
)

// writeRecord says which process is the init, for health and doctor. Without /proc nobody could compare it.
//
// contract: HEALTH-04
func (b *boot) writeRecord() error {
	self, err := procfs.Read(procfs.Root, os.Getpid())
	if err == nil {
		err = record.Write(record.Dir, record.Boot{Init: record.Process{PID: os.Getpid(), Start: self.StartTicks}})
	}
	if err != nil {
		b.Warnf("no record of the boot, the container will be unhealthy: %v", err)
	}
	return nil
}
