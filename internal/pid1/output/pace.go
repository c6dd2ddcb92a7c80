package output

import "time"

// Bounds of what is read of a service: so many bytes a second, and so many at once before that counts.
const (
	paceBytes = 2 << 20
	paceBurst = time.Second
	leastWait = 20 * time.Millisecond // shorter waits are added up
)

// pacer slows down a service that floods: reading and dropping what it writes would cost most of a processor. It waits when
// the pipe is full, as it would for any slow reader.
//
// spec: SUP-24
type pacer struct {
	paid time.Time // until then, what was read has had its time
}

// pause is how long to wait before the next read, after one of n bytes.
func (p *pacer) pause(now time.Time, n int) time.Duration {
	if oldest := now.Add(-paceBurst); p.paid.Before(oldest) {
		p.paid = oldest
	}
	p.paid = p.paid.Add(time.Duration(n) * time.Second / paceBytes)
	if wait := p.paid.Sub(now); wait >= leastWait {
		return wait
	}
	return 0
}
