// Package agentstatus corrects what the agent's `hermes status` prints about its gateway.
//
// The agent knows an init by the name of PID 1. Below another init it takes its gateway for one that
// nobody supervises, and prints a manager and a state that are wrong.
package agentstatus

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"caduceus/internal/front/gateway"
)

// Corrector is a writer that passes the agent's lines on to Out, and corrects those about the gateway.
type Corrector struct {
	Out    io.Writer
	Report gateway.Report
	Slot   bool // Report is about a slot that exists

	line bytes.Buffer
}

// Write takes a part of what the agent prints.
func (c *Corrector) Write(p []byte) (int, error) {
	c.line.Write(p)
	for {
		at := bytes.IndexByte(c.line.Bytes(), '\n')
		if at < 0 {
			return len(p), nil
		}
		if _, err := io.WriteString(c.Out, c.correct(string(c.line.Next(at+1)))); err != nil {
			return 0, err
		}
	}
}

// Flush passes on a last line without an end.
func (c *Corrector) Flush() { _, _ = c.line.WriteTo(c.Out) }

// correct returns one line as it should be, its end included.
func (c *Corrector) correct(line string) string {
	switch {
	case strings.HasPrefix(line, "  Manager:  "):
		line = "  Manager:      s6 (container supervisor)\n"
		if c.Slot && !c.Report.Up() {
			line += "  Service:      installed but stopped\n"
		}
	case c.Slot && c.Report.Up() && strings.HasPrefix(line, "  Status:  ") && strings.Contains(line, "stopped"):
		line = fmt.Sprintf("  Status:       ✓ running\n  PID(s):       %d\n", c.Report.PID)
	}
	return line
}
