package supervise

import (
	"bytes"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// drainReads bounds the reads after the death of run: more than a pipe holds,
// as a child of run may go on writing.
const drainReads = 32

// readyPipe is the reading end of a readiness pipe. A nil one never becomes
// ready.
//
// spec: SUP-23
type readyPipe struct {
	file *os.File
	fd   int
	line chan bool // one value: true for a newline, false for the end
	over bool      // nobody cares any more
}

// newReadyPipe returns the reader, and the end that the child gets.
func newReadyPipe() (*readyPipe, *os.File, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, err
	}
	// Only the reader: the child's end is a description of its own.
	if err := unix.SetNonblock(p[0], true); err != nil {
		_, _ = unix.Close(p[0]), unix.Close(p[1])
		return nil, nil, err
	}
	r := &readyPipe{file: os.NewFile(uintptr(p[0]), "ready"), fd: p[0], line: make(chan bool, 1)}
	return r, os.NewFile(uintptr(p[1]), "ready"), nil
}

// listen reads until the newline or the end.
func (p *readyPipe) listen() {
	buf := make([]byte, 4096)
	for {
		n, err := p.file.Read(buf)
		if bytes.IndexByte(buf[:n], '\n') >= 0 {
			p.line <- true
			return
		}
		if err != nil {
			p.line <- false
			return
		}
	}
}

// newline yields the one value of the pipe.
func (p *readyPipe) newline() <-chan bool {
	if p == nil || p.over {
		return nil
	}
	return p.line
}

// drain takes what is in the pipe now and closes it; it reports a newline.
func (p *readyPipe) drain() bool {
	if p == nil || p.over {
		return false
	}
	ready := false
	buf := make([]byte, 4096)
	for range drainReads {
		n, err := unix.Read(p.fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			break
		}
		ready = ready || bytes.IndexByte(buf[:n], '\n') >= 0
	}
	_ = p.file.SetReadDeadline(time.Unix(1, 0)) // a pipe has deadlines
	ready = <-p.line || ready
	p.drop()
	return ready
}

// drop closes the pipe, whether it was ready or not.
func (p *readyPipe) drop() {
	if p != nil && !p.over {
		p.over = true
		_ = p.file.Close() // the reader
	}
}
