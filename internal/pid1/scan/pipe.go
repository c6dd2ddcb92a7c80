package scan

import (
	"os"
	"sync"

	"caduceus/internal/held"
	"caduceus/internal/pid1/pipes"
	"caduceus/internal/pid1/supervise"
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

// pipeOf is the log pipe of a service and its logger: that which either of them has from an earlier supervisor, else a
// new one.
//
// spec: SUP-116
func (s *Scandir) pipeOf(service, logger *held.Dir) (*logPipe, error) {
	if s.opt.Adopt {
		for i, dir := range []*held.Dir{logger, service} {
			inode, pid := supervise.LastLogPipe(dir)
			if inode == 0 {
				continue
			}
			if r, w, err := pipes.Reopen(0, inode, pid, i); err == nil { // the stdin of one, the stdout of the other
				return newLogPipe(r, w), nil
			}
		}
	}
	kind := pipes.Kind(0)
	if s.opt.Record || s.opt.Adopt {
		kind = pipes.Lasting
	}
	r, w, err := pipes.New(kind)
	if err != nil {
		return nil, err
	}
	return newLogPipe(r, w), nil
}

func newLogPipe(r, w *os.File) *logPipe {
	return &logPipe{reader: pipeEnd{file: r, refs: 1}, writer: pipeEnd{file: w, refs: 1}}
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
