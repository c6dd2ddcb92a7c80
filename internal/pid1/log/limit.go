package log

import (
	"fmt"
	"sync"
	"time"
)

// limitWindow is what the limit of a Limit counts for.
const limitWindow = time.Minute

// Limit lets so many lines and bytes of text pass in a minute, and counts the rest: for a log whose lines others can
// cause. It is safe for concurrent use.
type Limit struct {
	next         Logger
	lines, bytes int
	now          func() time.Time

	mu          sync.Mutex
	until       time.Time
	left, space int
	dropped     int
}

// NewLimit returns the sink of a Logger that passes on to next.
func NewLimit(next Logger, lines, bytes int) *Limit {
	return &Limit{next: next, lines: lines, bytes: bytes, now: time.Now}
}

// Logger is next behind the limit.
func (l *Limit) Logger() Logger { return Logger{l.add, l.next.Source} }

func (l *Limit) add(level Level, source, text string) {
	l.mu.Lock()
	lost := 0
	now := l.now()
	if !now.Before(l.until) {
		lost = l.dropped
		l.until, l.left, l.space, l.dropped = now.Add(limitWindow), l.lines, l.bytes, 0
	}
	pass := l.left > 0 && len(text) <= l.space
	first := !pass && l.dropped == 0
	if pass {
		l.left, l.space = l.left-1, l.space-len(text)
	} else {
		l.dropped++
	}
	until := l.until
	l.mu.Unlock()
	if lost > 0 {
		l.next.Sink(Warning, source, fmt.Sprintf("%d lines were dropped", lost))
	}
	if pass {
		l.next.Sink(level, source, text)
	}
	if first {
		l.next.Sink(Warning, source, fmt.Sprintf("too many lines: the rest is dropped until %s", until.UTC().Format(time.TimeOnly)))
	}
}
