package log

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// Bounds of a Transcript, in bytes of lines.
const (
	maxTranscript = 256 << 10
	maxHeld       = 64 << 10
)

// stamp is the time of a line in a transcript, in UTC.
const stamp = "2006-01-02T15:04:05.000Z  "

// Transcript is all that a boot prints, for a file, and what of it was not shown. It is not safe for concurrent use.
type Transcript struct {
	now   func() time.Time
	file  io.WriteCloser // nil: it is not there yet
	early bytes.Buffer   // what is for the file before it is there
	size  int

	held    bytes.Buffer
	skipped int // lines that held has no room for
}

// NewTranscript returns an empty one.
func NewTranscript(now func() time.Time) *Transcript { return &Transcript{now: now} }

// Add adds a line with its end; held, if it was not shown.
func (t *Transcript) Add(line []byte, held bool) {
	t.record(line)
	switch {
	case !held:
	case t.held.Len()+len(line) > maxHeld:
		t.skipped++
	default:
		t.held.Write(line)
	}
}

func (t *Transcript) record(line []byte) {
	if t.size > maxTranscript {
		return
	}
	if t.size += len(line); t.size > maxTranscript {
		line = []byte("the rest of the boot is left out\n")
	}
	_, _ = t.out().Write(append(t.now().UTC().AppendFormat(nil, stamp), line...)) // the line is shown, or held, all the same
}

func (t *Transcript) out() io.Writer {
	if t.file == nil {
		return &t.early
	}
	return t.file
}

// Record makes file the one that all lines go to, also those that were there before it.
func (t *Transcript) Record(file io.WriteCloser) {
	_, _ = t.early.WriteTo(file) // as in record
	t.file = file
}

// Release gives the lines that were held back, once.
func (t *Transcript) Release() []byte {
	if t.skipped > 0 {
		fmt.Fprintf(&t.held, "init: warning: %d more lines of the boot were not kept\n", t.skipped)
	}
	lines := bytes.Clone(t.held.Bytes())
	t.held.Reset()
	t.skipped = 0
	return lines
}

// Close closes the file.
func (t *Transcript) Close() {
	if t.file != nil {
		_ = t.file.Close() // on a tmpfs: written is written
	}
}
