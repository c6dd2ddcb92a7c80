package s6

import (
	"fmt"
	"time"
)

// Backoff is the content of supervise/backoff: a crash loop (SUP-43).
type Backoff struct {
	Fails int           // consecutive fast deaths
	Delay time.Duration // before the next start, to the millisecond
	Next  time.Time     // next start
}

// Encode is the one line of supervise/backoff.
func (b Backoff) Encode() []byte {
	return fmt.Appendf(nil, "%d %d %s\n", b.Fails, b.Delay.Milliseconds(), StampOf(b.Next))
}

// DecodeBackoff reads supervise/backoff.
func DecodeBackoff(text []byte) (Backoff, error) {
	var (
		b      Backoff
		millis int64
		label  string
	)
	if _, err := fmt.Sscanf(string(text), "%d %d %s\n", &b.Fails, &millis, &label); err != nil {
		return Backoff{}, fmt.Errorf("cannot parse backoff %.60q: %w", text, err)
	}
	stamp, err := ParseStamp(label)
	if err != nil {
		return Backoff{}, err
	}
	b.Delay, b.Next = time.Duration(millis)*time.Millisecond, stamp.Time()
	return b, nil
}
