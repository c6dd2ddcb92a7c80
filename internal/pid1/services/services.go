package services

import (
	"sync"
	"sync/atomic"

	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/program"
	"caduceus/internal/pid1/rc"
	"caduceus/internal/pid1/scan"
	"caduceus/internal/pid1/settings"
)

// Options of the services.
type Options struct {
	Procs    *proc.Table
	Programs *program.Runner // runs oneshots
	Settings *settings.Source
	Log      log.Logger
	Environ  []string // of run and finish
}

// Services are those of one container. Install, Start and StartLegacy are called by one goroutine
// after the other; the other methods at any time.
type Services struct {
	opt     Options
	scandir atomic.Pointer[scan.Scandir] // set by Open
	plan    rc.Plan                      // set by Install
	legacy  []string                     // names from services.d
	based   chan struct{}                // closed by BaseIsUp

	mu       sync.Mutex
	failures map[string]error // of services that did not start
	oneshots []string         // those that came up, in that order
}

// New gives services of which none is supervised: Open comes next.
func New(o Options) *Services {
	return &Services{opt: o, based: make(chan struct{}), failures: map[string]error{}}
}
