package log

import (
	"fmt"
	"sync"
)

// Once warns of each thing one time only, however often what causes it is read.
type Once struct {
	Logger
	mu   sync.Mutex
	said map[string]bool
}

// NewOnce returns a Once that has logged nothing yet.
func NewOnce(l Logger) *Once { return &Once{Logger: l, said: map[string]bool{}} }

// Warnf writes the line unless it has done so before.
func (o *Once) Warnf(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	o.mu.Lock()
	known := o.said[text]
	o.said[text] = true
	o.mu.Unlock()
	if !known {
		o.Logger.Warnf("%s", text)
	}
}
