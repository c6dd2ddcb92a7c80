package output

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/pid1/pipes"
)

// Bounds of a Prefixer.
const (
	maxLine    = 16 << 10               // a longer line is cut in pieces of this size
	idleFlush  = time.Second            // an unfinished line waits no longer
	drainLimit = 200 * time.Millisecond // at the end of the supervisor
	pollMillis = 1000
)

// Prefixer is a pipe whose lines come out at another descriptor with a prefix
// each. Both ends stay open, so that no line is lost between two runs. A
// reader that does not read stops the service, as it would without the prefix,
// and nothing else. A flood is read no faster than a pacer allows.
type Prefixer struct {
	Writer     *os.File // of the service
	reader     *os.File
	out        *os.File
	outputLock *sync.Mutex // of those who write to out
	note       func(text string)
	done       chan struct{}

	mu     sync.Mutex
	prefix string
	limit  int // bytes a minute; 0: none
}

// New makes a pipe and starts its pump.
func New(kind pipes.Kind, out *os.File, outputLock *sync.Mutex, note func(text string)) (*Prefixer, error) {
	reader, writer, err := pipes.New(kind | pipes.Own)
	if err != nil {
		return nil, err
	}
	return Resume(reader, writer, out, outputLock, note), nil
}

// Resume starts a pump. A write that waits for the reader of out holds a
// thread, so those who share out share outputLock, too (SUP-101). note gets a line about each loss.
func Resume(reader, writer, out *os.File, outputLock *sync.Mutex, note func(text string)) *Prefixer {
	p := &Prefixer{
		reader:     reader,
		Writer:     writer,
		out:        out,
		outputLock: outputLock,
		note:       note,
		done:       make(chan struct{}),
	}
	go p.pump()
	return p
}

// Inode is that of the pipe, 0 without one.
func (p *Prefixer) Inode() uint64 {
	if p == nil {
		return 0
	}
	return pipes.Inode(p.Writer)
}

// Use sets the prefix of the lines to come, and how many bytes of them may pass in a minute; 0: all.
func (p *Prefixer) Use(prefix string, limit int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.prefix, p.limit = prefix, limit
}

func (p *Prefixer) current() (prefix string, limit int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.prefix, p.limit
}

// Close ends the pipe and waits a moment for its last lines. A descendant of
// the service that still writes keeps the pump alive.
func (p *Prefixer) Close() {
	if p == nil {
		return
	}
	_ = p.Writer.Close() // a pipe: nothing is buffered here
	select {
	case <-p.done:
	case <-time.After(drainLimit):
	}
}

func (p *Prefixer) pump() {
	defer close(p.done)
	defer func() { _ = p.reader.Close() }() // read to the end
	var rest []byte
	var meter meter
	var pacer pacer
	defer func() { p.noteAll(meter.account(nil)) }()
	chunk := make([]byte, maxLine)
	for {
		wait := time.Time{}
		if len(rest) > 0 {
			wait = time.Now().Add(idleFlush)
		}
		_ = p.reader.SetReadDeadline(wait) // a pipe has deadlines
		n, err := p.reader.Read(chunk)
		rest = append(rest, chunk[:n]...)
		prefix, limit := p.current()
		text, left := prefixLines(prefix, rest, err != nil)
		text, notes := meter.admit(time.Now(), limit, text)
		if len(text) > 0 {
			p.outputLock.Lock()
			writeAll(p.out, text)
			p.outputLock.Unlock()
		}
		p.noteAll(notes)
		rest = append(rest[:0], left...)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if wait := pacer.pause(time.Now(), n); wait > 0 {
			<-time.After(wait)
		}
	}
}

func (p *Prefixer) noteAll(notes []string) {
	for _, text := range notes {
		p.note(text)
	}
}

// prefixLines puts prefix before each line of data. An unfinished last line is
// left over, unless it is too long or flush is set: then it is ended.
func prefixLines(prefix string, data []byte, flush bool) (text, left []byte) {
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		switch {
		case end < 0 && len(data) < maxLine && !flush:
			return text, data
		case end < 0 || end > maxLine:
			end = min(len(data), maxLine)
			text = append(append(append(text, prefix...), data[:end]...), '\n')
			data = data[end:]
		default:
			text = append(append(text, prefix...), data[:end+1]...)
			data = data[end+1:]
		}
	}
	return text, nil
}

// writeAll writes to a shared description: it may be non-blocking, and a lost
// reader must not raise SIGPIPE here. What cannot be written is dropped.
func writeAll(out *os.File, data []byte) {
	conn, err := out.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(raw uintptr) {
		for len(data) > 0 {
			n, err := unix.Write(int(raw), data)
			switch {
			case err == unix.EAGAIN:
				fds := []unix.PollFd{{Fd: int32(raw), Events: unix.POLLOUT}}
				_, _ = unix.Poll(fds, pollMillis) // then the write shows
			case err == unix.EINTR:
			case err != nil:
				return
			default:
				data = data[n:]
			}
		}
	})
}
