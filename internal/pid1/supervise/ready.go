package supervise

import (
	"bytes"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/pid1/pipes"
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
	line chan bool // one value: true for a newline, false for the end
	over bool      // nobody cares any more
}

// newReadyPipe returns the reader, and the end that the child gets.
func newReadyPipe(kind pipes.Kind) (*readyPipe, *os.File, error) {
	near, far, err := pipes.New(kind | pipes.Own)
	if err != nil {
		return nil, nil, err
	}
	return readyPipeOf(near), far, nil
}

// readyPipeOf reads from near, which is nobody else's.
func readyPipeOf(near *os.File) *readyPipe { return &readyPipe{file: near, line: make(chan bool, 1)} }

// inode is that of the pipe as long as somebody waits for it, else 0.
func (p *readyPipe) inode() uint64 {
	if p == nil || p.over {
		return 0
	}
	return pipes.Inode(p.file)
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
	if conn, err := p.file.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { ready = drainReady(int(fd)) })
	}
	_ = p.file.SetReadDeadline(time.Unix(1, 0)) // a pipe has deadlines
	ready = <-p.line || ready
	p.drop()
	return ready
}

func drainReady(fd int) (ready bool) {
	buf := make([]byte, 4096)
	for range drainReads {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			break
		}
		ready = ready || bytes.IndexByte(buf[:n], '\n') >= 0
	}
	return ready
}

// drop closes the pipe, whether it was ready or not.
func (p *readyPipe) drop() {
	if p != nil && !p.over {
		p.over = true
		_ = p.file.Close() // the reader
	}
}
