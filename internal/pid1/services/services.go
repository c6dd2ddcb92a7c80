package services

import (
	"context"
	"os"
	"sync"
	"sync/atomic"

	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/program"
	"caduceus/internal/pid1/rc"
	"caduceus/internal/pid1/scan"
	"caduceus/internal/pid1/settings"
	"caduceus/internal/pid1/user"
)

// Options of the services.
type Options struct {
	Procs    *proc.Table
	Programs *program.Runner // runs oneshots
	Settings *settings.Source
	Log      log.Logger
	Environ  []string        // of run and finish
	Stop     context.Context // ends when the container is to stop
	Aside    bool            // stdout is CMD's alone: services write to stderr
	Version  string          // of the init, for the record
}

// Services are those of one container. Install, Start and StartLegacy are called by one goroutine
// after the other; the other methods at any time.
type Services struct {
	opt        Options
	divided    bool                             // hermes' services have a supervisor of their own
	dir        string                           // the scandir of this process
	scandir    atomic.Pointer[scan.Scandir]     // set by Open
	user       atomic.Pointer[user.Supervisor]  // set by StartUser; nil: there is none
	prepared   chan preparedUser                // one, for StartUser; set by PrepareUser
	handedOver chan struct{}                    // closed by StartUser
	request    func(letter byte)                // set by Open
	streams    func() (stdout, stderr *os.File) // of all services
	plan       rc.Plan                          // set by Install
	legacy     []string                         // names from services.d
	based      chan struct{}                    // closed by BaseIsUp

	mu       sync.Mutex
	failures map[string]error // of services that did not start
	oneshots []string         // those that came up, in that order
}

// New returns services of which none is supervised: Open comes next.
func New(o Options) *Services {
	s := &Services{
		opt: o, divided: divided(), dir: Scandir,
		based: make(chan struct{}), handedOver: make(chan struct{}), failures: map[string]error{},
		streams: sync.OnceValues(func() (stdout, stderr *os.File) {
			if stderr = output(os.Stderr); o.Aside {
				return stderr, stderr
			}
			return output(os.Stdout), stderr
		}),
	}
	if s.divided {
		s.dir = RootScandir
	}
	return s
}

// Dir is the scandir of this process: its services, and the scripts that take the place of what it does.
func (s *Services) Dir() string { return s.dir }
