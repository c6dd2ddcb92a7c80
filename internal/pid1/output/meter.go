package output

import (
	"bytes"
	"fmt"
	"time"
)

// meterWindow is what the limit of a meter counts for.
const meterWindow = time.Minute

// meter lets so much of a service's output pass in a minute: a flood fills no disk. It drops whole
// lines, and counts them.
type meter struct {
	until        time.Time // end of the window; zero: none has begun
	passed       int       // bytes in it
	lines, bytes int       // dropped in it
}

// admit gives what of text, which is whole lines, may pass under limit, in bytes a minute, and notes
// about what is dropped. A limit of 0 is none.
func (m *meter) admit(now time.Time, limit int, text []byte) (pass []byte, notes []string) {
	if !now.Before(m.until) {
		notes = m.account(notes)
		*m = meter{until: now.Add(meterWindow)}
	}
	pass = text
	if left := max(limit-m.passed, 0); limit > 0 && len(text) > left {
		pass = text[:bytes.LastIndexByte(text[:left], '\n')+1]
	}
	m.passed += len(pass)
	if lost := text[len(pass):]; len(lost) > 0 {
		if m.bytes == 0 {
			notes = append(notes, fmt.Sprintf("more than %d bytes of output in a minute: the rest is dropped until %s",
				limit, m.until.UTC().Format(time.TimeOnly)))
		}
		m.passed = limit // a shorter line must not slip through
		m.lines += bytes.Count(lost, []byte("\n"))
		m.bytes += len(lost)
	}
	return pass, notes
}

// account adds a note about what was dropped in the window.
func (m *meter) account(notes []string) []string {
	if m.bytes == 0 {
		return notes
	}
	return append(notes, fmt.Sprintf("%d lines of output (%d bytes) were dropped", m.lines, m.bytes))
}
