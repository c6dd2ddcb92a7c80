package s6

import (
	"fmt"
	"time"

	"caduceus/internal/line"
)

// maxCause is how many bytes of a cause are kept.
const maxCause = 200

// StartFailure is the content of supervise/unstarted, which is there while run cannot be started.
//
// spec: SUP-28
type StartFailure struct {
	Tries int           // starts in a row that failed
	Delay time.Duration // before the next one, to the millisecond; 0 if none comes by itself
	Next  time.Time     // time of the next one; zero if none comes by itself
	Cause string        // at most maxCause bytes
}

// Encode returns the content of supervise/unstarted, one line.
func (f StartFailure) Encode() []byte {
	next := "-"
	if !f.Next.IsZero() {
		next = StampOf(f.Next).String()
	}
	return fmt.Appendf(nil, "%d %d %s %q\n", f.Tries, f.Delay.Milliseconds(), next, f.Cause[:min(len(f.Cause), maxCause)])
}

// DecodeStartFailure reads the content of supervise/unstarted.
func DecodeStartFailure(text []byte) (StartFailure, error) {
	var (
		f      StartFailure
		millis int64
		label  string
	)
	if err := line.Scan(string(text), "%d %d %s %q\n", &f.Tries, &millis, &label, &f.Cause); err != nil {
		return StartFailure{}, fmt.Errorf("cannot parse start failure %.60q: %w", text, err)
	}
	f.Delay = time.Duration(millis) * time.Millisecond
	if label == "-" {
		return f, nil
	}
	stamp, err := ParseStamp(label)
	if err != nil {
		return StartFailure{}, err
	}
	f.Next = stamp.Time()
	return f, nil
}
