package scan

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// logPipe is the pipe from a service to its logger. Both ends stay open until
// the scandir has released it and its users have dropped it.
//
// spec: SUP-54
type logPipe struct {
	reader, writer pipeEnd
	once           sync.Once
}

type pipeEnd struct {
	mu   sync.Mutex
	file *os.File
	refs int
}

func newLogPipe() (*logPipe, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	return &logPipe{
		reader: pipeEnd{file: os.NewFile(uintptr(fds[0]), "log"), refs: 1},
		writer: pipeEnd{file: os.NewFile(uintptr(fds[1]), "log"), refs: 1},
	}, nil
}

// use hands out the end for a logger or a service, and what ends its use.
func (p *logPipe) use(logger bool) (*os.File, func()) {
	end := &p.writer
	if logger {
		end = &p.reader
	}
	end.mu.Lock()
	defer end.mu.Unlock()
	end.refs++
	return end.file, end.drop
}

// release ends the scandir's hold on both ends.
func (p *logPipe) release() {
	if p != nil {
		p.once.Do(func() { p.reader.drop(); p.writer.drop() })
	}
}

func (e *pipeEnd) drop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refs--
	if e.refs == 0 {
		_ = e.file.Close() // a pipe: nothing is buffered here
	}
}
