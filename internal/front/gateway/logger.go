package gateway

import (
	"path/filepath"
	"time"

	"caduceus/internal/s6"
)

// loggerPause is how long a logger may be down between two lives.
const loggerPause = 10 * time.Second

// loggerState is up, down, or "" without one. One that ended a moment ago counts as up: it is back in a second.
func loggerState(dir string, now time.Time) string {
	status, err := s6.ReadStatus(filepath.Join(dir, s6.LogDir))
	switch {
	case err != nil:
		return ""
	case status.Up() || status.WantUp && now.Sub(status.Stamp) < loggerPause:
		return "up"
	}
	return "down"
}

// startLogger wants the logger of a gateway up, if it is not: without it the gateway stops as soon as the pipe is full.
func (d Scandir) startLogger(name string) {
	logger := filepath.Join(d.Dir(name), s6.LogDir)
	if status, err := s6.ReadStatus(logger); err == nil && !status.Up() {
		_ = s6.SendControl(logger, "u") // the report of the gateway says what became of it
	}
}
