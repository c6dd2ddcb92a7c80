package scan

import (
	"context"
	"errors"
	"os"
	"time"

	"caduceus/internal/proc"
	"caduceus/internal/supervise"
)

// ErrBusy: another scanner holds the lock of the scandir.
var ErrBusy = errors.New("scandir is already scanned")

// Options of a scandir.
type Options struct {
	Dir            string
	Procs          *proc.Table
	Log            func(level int, format string, a ...any) // 0 error, 1 warning, 2 step, 3.. debug
	Environ        func() []string                          // environment of run and finish
	Stdout, Stderr *os.File
	Boot           bool             // container boot, else scandir mode
	Now            func() time.Time // nil: time.Now
}

// Scandir is a locked scandir.
type Scandir struct{}

// Open locks the scandir and opens its control fifo (SUP-50).
func Open(o Options) (*Scandir, error) { return nil, errors.ErrUnsupported }

// Run is the event loop; it returns when the scandir is closed or ctx ends.
func (s *Scandir) Run(ctx context.Context) error { return nil }

// Requests are the control letters that are the caller's business: t i q b.
func (s *Scandir) Requests() <-chan byte { return nil }

// Scan scans now (letter a).
func (s *Scandir) Scan() {}

// Prune stops inactive services (letter n; all: N).
func (s *Scandir) Prune(all bool) {}

// Service is the service of that NAME ("foo", "foo/log"), nil if unknown.
func (s *Scandir) Service(name string) *supervise.Service { return nil }

// Names are the active NAMEs, sorted.
func (s *Scandir) Names() []string { return nil }

// Freeze forbids each further start (R0).
func (s *Scandir) Freeze() {}

// StopServices stops the named services in parallel and waits until their
// supervisors are gone; each gets KILL after its grace (R2).
func (s *Scandir) StopServices(ctx context.Context, names []string, grace func(name string) time.Duration) {
}

// CloseLoggers closes the log pipes, sends TERM after term, and waits (R4).
func (s *Scandir) CloseLoggers(ctx context.Context, term time.Duration) {}

// Close gives up lock and control fifo.
func (s *Scandir) Close() error { return nil }

// Main is scandir mode: s6-svscan [-d fd] DIR; args are without argv[0].
func Main(ctx context.Context, args []string) int { return 111 }
