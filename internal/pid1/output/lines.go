package output

import (
	"bytes"
	"errors"
	"os"
	"time"

	"caduceus/internal/pid1/pipes"
)

// Lines is a pipe whose lines go to a function: the output of a program that is not a service.
type Lines struct {
	Writer *os.File // of the program; to be closed by who started it
	reader *os.File
	done   chan struct{}
}

// NewLines makes a pipe and starts its pump. put gets each line with its end, one at a time, and may wait: then the program
// that writes waits, too. A line that is too long comes in pieces, and an unfinished one after a moment.
func NewLines(put func(line []byte)) (*Lines, error) {
	reader, writer, err := pipes.New(pipes.Own)
	if err != nil {
		return nil, err
	}
	l := &Lines{Writer: writer, reader: reader, done: make(chan struct{})}
	go l.pump(put)
	return l, nil
}

// Settle waits until put has had all that was written. A descendant of the program that still has the pipe keeps the pump
// alive: then Settle waits for limit.
func (l *Lines) Settle(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-l.done:
	case <-timer.C:
	}
}

func (l *Lines) pump(put func(line []byte)) {
	defer close(l.done)
	defer func() { _ = l.reader.Close() }() // read to the end
	var rest []byte
	chunk := make([]byte, maxLine)
	for {
		wait := time.Time{}
		if len(rest) > 0 {
			wait = time.Now().Add(idleFlush)
		}
		_ = l.reader.SetReadDeadline(wait) // a pipe has deadlines
		n, err := l.reader.Read(chunk)
		text, left := prefixLines("", append(rest, chunk[:n]...), err != nil)
		rest = append([]byte(nil), left...)
		for line := range bytes.Lines(text) {
			put(line)
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
	}
}
