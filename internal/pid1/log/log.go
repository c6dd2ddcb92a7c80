package log

import (
	"bytes"
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

// Log is safe for concurrent use. No method waits but Flush, which has a limit, and Pass.
type Log struct {
	out          io.Writer
	level        atomic.Int32
	transcribing atomic.Bool
	released     atomic.Bool
	boot         *Transcript   // the writer's; nil: nothing is transcribed
	wake         chan struct{} // one token: the ring is not empty
	done         chan struct{} // closed when the writer has ended

	mu      sync.Mutex
	room    sync.Cond // on mu: a line was taken out of the ring
	ring    []entry
	lines   int
	bytes   int
	dropped int
	writing bool // a batch is under way
	closed  bool
}

// entry is a line to write, a mark that is closed when its turn comes, or something else to do at that time.
type entry struct {
	line []byte
	held bool // for the transcript alone
	mark chan struct{}
	do   func()
}

// New starts a log on out, which only the log's own goroutine writes to.
func New(out io.Writer, level Level) *Log { return start(&Log{out: out}, level) }

// NewBoot starts a log that transcribes all it gets, and that has a line of a step for it, until EndBoot.
func NewBoot(out io.Writer, level Level) *Log {
	return start(&Log{out: out, boot: NewTranscript(time.Now)}, level)
}

func start(l *Log, level Level) *Log {
	l.wake, l.done, l.room.L = make(chan struct{}, 1), make(chan struct{}), &l.mu
	l.transcribing.Store(l.boot != nil)
	l.SetLevel(level)
	go l.write()
	return l
}

// SetLevel changes which lines are shown from now on.
func (l *Log) SetLevel(level Level) { l.level.Store(int32(level)) }

// Record makes file what the transcript is written to, with all that it has so far. The log closes it.
func (l *Log) Record(file io.WriteCloser) { l.later(func() { l.boot.Record(file) }) }

// Release writes the lines of the boot that were held back, and holds back none until EndBoot.
func (l *Log) Release() {
	l.released.Store(true)
	l.later(func() { _, _ = l.out.Write(l.boot.Release()) }) // no other place to report it
}

// EndBoot ends the transcript. What it held back is never shown.
func (l *Log) EndBoot() {
	l.transcribing.Store(false)
	l.later(func() { l.boot.Close(); l.boot = nil })
}

// holds reports whether a line of the boot is for the transcript alone.
func (l *Log) holds() bool { return l.transcribing.Load() && !l.released.Load() }

// later has the writer do something when all lines added before are written.
func (l *Log) later(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring = append(l.ring, entry{do: do})
	l.signal()
}

// Logger is the logger of a source.
func (l *Log) Logger(source string) Logger { return Logger{l.Add, source} }

// Add adds the line "source: level: text", escaped.
func (l *Log) Add(level Level, source, text string) {
	hidden := int32(level) > l.level.Load()
	if hidden && (level > Info || !l.transcribing.Load()) {
		return
	}
	line := fmt.Appendf(nil, "%s: %s: %s", source, level, Escape(text))
	if len(line) >= MaxBytes {
		line = line[:MaxBytes-1]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if line = append(line, '\n'); l.closed || l.lines == MaxLines || l.bytes+len(line) > MaxBytes {
		l.dropped++
		return
	}
	l.add(entry{line: line, held: hidden && l.holds()})
}

// Pass adds a line of a program as it is. It waits until there is room in half of the ring: the other half is the init's own.
// A line that is held is for the transcript alone; after EndBoot all are shown.
func (l *Log) Pass(line []byte, held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && l.lines > 0 && (l.lines >= MaxLines/2 || l.bytes+len(line) > MaxBytes/2) {
		l.room.Wait()
	}
	if !l.closed {
		l.add(entry{line: bytes.Clone(line), held: held && l.holds()})
	}
}

// add wants the lock held.
func (l *Log) add(e entry) {
	l.ring = append(l.ring, e)
	l.lines++
	l.bytes += len(e.line)
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
	l.room.Broadcast()
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
				l.obey(e)
			}
		}
	}
}

// obey does what an entry says.
func (l *Log) obey(e entry) {
	switch {
	case e.mark != nil:
		close(e.mark)
		return
	case e.do != nil:
		e.do()
		return
	}
	if l.boot != nil {
		l.boot.Add(e.line, e.held)
	}
	if !e.held {
		_, _ = l.out.Write(e.line) // no other place to report it
	}
}

// take empties the ring. The count of lines lost since the last time follows the lines that
// displaced them.
func (l *Log) take() (batch []entry, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch, l.ring = l.ring, nil
	l.lines, l.bytes = 0, 0
	l.room.Broadcast()
	l.writing = len(batch) > 0
	if l.dropped > 0 {
		batch = append(batch, entry{line: fmt.Appendf(nil, "init: warning: %d log lines dropped\n", l.dropped)})
		l.dropped = 0
	}
	return batch, l.closed
}
