package scan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"caduceus/internal/held"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/s6"
)

// ErrBusy is wrapped where another scanner holds the lock of the scandir.
var ErrBusy = held.ErrBusy

// Modes of what is made in a scandir (SUP-50).
const (
	modeSvscan     = 0o700
	modeSvscanBoot = 0o755
	modeLock       = 0o600
	modeControl    = 0o600
)

// lockPatience is how long a scanner that adopts waits for the lock.
const lockPatience = 2 * time.Second

// requestQueue is how many letters may wait for the caller; more are dropped,
// as a repetition changes nothing.
const requestQueue = 16

// Options of a scandir.
type Options struct {
	Dir            string
	Procs          *proc.Table
	Log            log.Logger
	Environ        func() []string // environment of run and finish
	Stdout, Stderr *os.File
	Boot           bool             // container boot, else scandir mode
	Now            func() time.Time // nil: time.Now
	MaxEntries     int              // services, a logger counting as one; 0: 1000
	Record, Adopt  bool             // as supervise.Options, for all services
	// SkipForeign leaves out what another user owns: a link to it without a word, a directory with one.
	SkipForeign bool
}

// Scandir is a locked scandir.
type Scandir struct {
	opt      Options
	dir      *held.Dir
	lock     *os.File
	reader   *os.File // of control
	writer   *os.File // of control, so that the reader sees no EOF
	null     *os.File
	requests chan byte
	watch    *watcher
	frozen   atomic.Bool
	output   sync.Mutex // held by the service that writes to Stdout through the init

	letters letterCount
	foreign map[held.ID]bool // directories of other users that were named; used by look alone

	mu      sync.Mutex
	entries map[held.ID]*entry
	room    int         // descriptors that new services may take in this scan
	crowded []string    // services without such room
	said    int         // how many of them the last line was about
	waiting bool        // a directory waits for another one to leave
	again   *time.Timer // next scan, because of a bad entry
	closed  bool
}

// Open locks the scandir, opens its control fifo and unlinks dangling
// symlinks. It does not scan. Callers may test ErrBusy.
//
// spec: SUP-50
func Open(o Options) (_ *Scandir, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxEntries <= 0 {
		o.MaxEntries = maxEntries
	}
	s := &Scandir{
		opt: o, requests: make(chan byte, requestQueue), entries: map[held.ID]*entry{}, foreign: map[held.ID]bool{},
	}
	defer func() {
		if err != nil {
			s.closeFiles()
		}
	}()
	if s.dir, err = held.Open(o.Dir, held.FollowAll); err != nil {
		return nil, fmt.Errorf("cannot open scandir %q: %w", o.Dir, err)
	}
	if err = s.openControl(); err != nil {
		return nil, fmt.Errorf("cannot open scandir %q: %w", o.Dir, err)
	}
	if s.null, err = os.Open(os.DevNull); err != nil {
		return nil, fmt.Errorf("cannot open standard input of services: %w", err)
	}
	s.unlinkDangling()
	s.watch = newWatcher(s.checkVanished)
	return s, nil
}

func (s *Scandir) openControl() error {
	mode := uint32(modeSvscan)
	if s.opt.Boot {
		mode = modeSvscanBoot
	}
	scandir := s.dir.WithLinks(held.FollowOwn)
	if _, err := scandir.MakeDir(s6.SvscanDir, mode); err != nil {
		return err
	}
	own, err := scandir.Dir(s6.SvscanDir)
	if err != nil {
		return err
	}
	defer func() { _ = own.Close() }() // read only
	if s.lock, err = s.takeLock(own); err != nil {
		return err
	}
	s.reader, s.writer, err = own.OpenFifo(s6.ControlFile, modeControl)
	return err
}

// takeLock waits a moment for the lock of a scanner that died: a child that it was about to start may hold it until
// its exec.
func (s *Scandir) takeLock(own *held.Dir) (*os.File, error) {
	late := time.NewTimer(lockPatience)
	defer late.Stop()
	for {
		lock, err := own.Lock(s6.LockFile, modeLock)
		if !s.opt.Adopt || !errors.Is(err, ErrBusy) {
			return lock, err
		}
		select {
		case <-late.C:
			return nil, err
		case <-time.After(lockPatience / 100):
		}
	}
}

// Run obeys the control fifo until the scandir is closed or ctx ends.
func (s *Scandir) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = s.reader.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	batch := make([]byte, 256)
	for {
		n, err := s.reader.Read(batch)
		// Whoever writes the same again and again asks for it once.
		for _, letter := range slices.Compact(batch[:n]) {
			s.obey(letter)
		}
		switch {
		case errors.Is(err, os.ErrClosed):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("cannot read control fifo of scandir %q: %w", s.opt.Dir, err)
		}
	}
}

// Watch obeys the control fifo, beside its caller, until the scandir is closed or ctx ends. Letters that are the caller's
// business go to request.
func (s *Scandir) Watch(ctx context.Context, request func(letter byte)) {
	go func() {
		if err := s.Run(ctx); err != nil && ctx.Err() == nil {
			s.opt.Log.Warnf("the scandir is not watched any more: %v", err)
		}
	}()
	go func() {
		for letter := range s.Requests() {
			request(letter)
		}
	}()
}

// obey obeys a letter of the control fifo.
//
// spec: SUP-57
func (s *Scandir) obey(letter byte) {
	switch letter {
	case 'a':
		s.Scan()
	case 'n', 'N':
		s.Prune(letter == 'N')
	case 'h':
		s.Scan()
		s.Prune(false)
	case 'z':
		s.opt.Procs.Reap()
	case 't', 'i', 'q', 'b', 'V':
		select {
		case s.requests <- letter:
		default:
		}
	default:
		if say, more := s.letters.unknown(s.opt.Now()); say {
			s.opt.Log.Warnf("unknown letter %q for scandir %q%s", letter, s.opt.Dir, more)
		}
	}
}

// Requests are the control letters that are the caller's business: t i q b V.
func (s *Scandir) Requests() <-chan byte { return s.requests }

// Service is the service of that NAME ("foo", "foo/log"), nil if unknown.
func (s *Scandir) Service(name string) *supervise.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.find(name); u != nil {
		return u.service
	}
	return nil
}

func (s *Scandir) find(name string) *unit {
	for _, e := range s.entries {
		for _, u := range e.units() {
			if u.service != nil && u.service.Name() == name {
				return u
			}
		}
	}
	return nil
}

// Names are the active NAMEs, sorted.
func (s *Scandir) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, e := range s.entries {
		if e.active {
			for _, u := range e.units() {
				names = append(names, u.name())
			}
		}
	}
	slices.SortFunc(names, strings.Compare)
	return names
}

// Freeze forbids each further start.
func (s *Scandir) Freeze() { s.frozen.Store(true) }

// Close gives up lock and control fifo. Supervisors are not stopped.
func (s *Scandir) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.again != nil {
		s.again.Stop()
	}
	s.closeFiles()
	return nil
}

func (s *Scandir) closeFiles() {
	s.watch.close()
	for _, f := range []*os.File{s.reader, s.writer, s.null} {
		if f != nil {
			_ = f.Close() // nothing was written
		}
	}
	if s.lock != nil {
		_ = held.Unlock(s.lock) // closed in any case
	}
	if s.dir != nil {
		_ = s.dir.Close() // read only
	}
}
