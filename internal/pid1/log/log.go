package log

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of the ring (spec: SUP-88).
const (
	MaxLines = 256
	MaxBytes = 64 << 10
)

// Log is safe for concurrent use. No method but Flush waits, and Flush has a limit.
type Log struct {
	out   io.Writer
	level atomic.Int32
	wake  chan struct{} // one token: the ring is not empty
	done  chan struct{} // closed when the writer has ended

	mu      sync.Mutex
	ring    []entry
	lines   int
	bytes   int
	dropped int
	writing bool // a batch is under way
	closed  bool
}

// entry is a line to write, or a mark that is closed when its turn comes.
type entry struct {
	line []byte
	mark chan struct{}
}

// New starts a log on out, which only the log's own goroutine writes to.
func New(out io.Writer, level Level) *Log {
	l := &Log{out: out, wake: make(chan struct{}, 1), done: make(chan struct{})}
	l.SetLevel(level)
	go l.write()
	return l
}

// SetLevel changes which lines are shown from now on.
func (l *Log) SetLevel(level Level) { l.level.Store(int32(level)) }

// Logger is the logger of a source.
func (l *Log) Logger(source string) Logger { return Logger{l.Add, source} }

// Add adds the line "source: level: text", escaped.
func (l *Log) Add(level Level, source, text string) {
	if int32(level) > l.level.Load() {
		return
	}
	line := fmt.Appendf(nil, "%s: %s: %s", source, level, Escape(text))
	if len(line) >= MaxBytes {
		line = line[:MaxBytes-1]
	}
	l.add(append(line, '\n'))
}

func (l *Log) add(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.lines == MaxLines || l.bytes+len(line) > MaxBytes {
		l.dropped++
		return
	}
	l.ring = append(l.ring, entry{line: line})
	l.lines++
	l.bytes += len(line)
	l.signal()
}

// Flush waits until all lines added before are written, for limit at most, and reports whether they
// are.
func (l *Log) Flush(limit time.Duration) bool {
	mark := make(chan struct{})
	l.mu.Lock()
	if len(l.ring) == 0 && !l.writing {
		l.mu.Unlock()
		return true
	}
	l.ring = append(l.ring, entry{mark: mark})
	l.signal()
	l.mu.Unlock()

	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-mark:
		return true
	case <-timer.C:
		return false
	}
}

// Close refuses further lines. The writer ends once it has written the rest.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.signal()
}

func (l *Log) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *Log) write() {
	defer close(l.done)
	blockBackgroundStop()
	for range l.wake {
		for {
			batch, ended := l.take()
			if len(batch) == 0 {
				if ended {
					return
				}
				break
			}
			for _, e := range batch {
				if e.mark != nil {
					close(e.mark)
					continue
				}
				_, _ = l.out.Write(e.line) // no other place to report it
			}
		}
	}
}

// take empties the ring. The count of lines lost since the last time follows the lines that
// displaced them.
func (l *Log) take() (batch []entry, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch, l.ring = l.ring, nil
	l.lines, l.bytes = 0, 0
	l.writing = len(batch) > 0
	if l.dropped > 0 {
		batch = append(batch, entry{line: fmt.Appendf(nil, "init: warning: %d log lines dropped\n", l.dropped)})
		l.dropped = 0
	}
	return batch, l.closed
}
