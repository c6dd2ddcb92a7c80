package s6

import (
	"fmt"
	"time"

	"caduceus/internal/line"
)

// Backoff is the content of supervise/backoff, which is there while a service is in a crash loop.
//
// spec: SUP-43
type Backoff struct {
	Fails int           // fast deaths in a row
	Delay time.Duration // before the next start, to the millisecond
	Next  time.Time     // time of the next start
}

// Encode returns the content of supervise/backoff, one line.
func (b Backoff) Encode() []byte {
	return fmt.Appendf(nil, "%d %d %s\n", b.Fails, b.Delay.Milliseconds(), StampOf(b.Next))
}

// DecodeBackoff reads the content of supervise/backoff.
func DecodeBackoff(text []byte) (Backoff, error) {
	var (
		b      Backoff
		millis int64
		label  string
	)
	if err := line.Scan(string(text), "%d %d %s\n", &b.Fails, &millis, &label); err != nil {
		return Backoff{}, fmt.Errorf("cannot parse backoff %.60q: %w", text, err)
	}
	stamp, err := ParseStamp(label)
	if err != nil {
		return Backoff{}, err
	}
	b.Delay, b.Next = time.Duration(millis)*time.Millisecond, stamp.Time()
	return b, nil
}
