package boot

import "caduceus/internal/pid1/services"

// writeRecord writes down which process is the init, before any script runs. Without /proc nobody could compare it.
func (b *boot) writeRecord() error {
	if err := services.WriteRecord(b.version, nil); err != nil {
		b.Warnf("no record of the boot, the container will be unhealthy: %v", err)
	}
	return nil
}
