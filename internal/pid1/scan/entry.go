package scan

import (
	"os"
	"time"

	"caduceus/internal/held"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/s6"
)

// restartPause is between two starts of the same supervisor (SUP-53).
const restartPause = time.Second

// entry is a directory of the scandir, known by its identity.
type entry struct {
	id      held.ID
	name    string // in the scandir
	path    string // of the target
	dir     *held.Dir
	pipe    *logPipe // nil without a logger
	main    *unit
	logger  *unit // nil without one
	active  bool  // in the scandir at the last scan
	leaving bool  // the pair has left: pipe closed, supervisors are ending
}

// unit is a place for a supervisor: an entry has one or two.
type unit struct {
	entry    *entry
	dir      *held.Dir
	isLogger bool
	service  *supervise.Service // nil: ended
	begun    bool               // it had a supervisor of this process
}

// name is the NAME that the next supervisor gets.
func (u *unit) name() string {
	if u.isLogger {
		return u.entry.name + "/" + s6.LogDir
	}
	return u.entry.name
}

func (e *entry) units() []*unit {
	if e.logger == nil {
		return []*unit{e.main}
	}
	return []*unit{e.main, e.logger}
}

// over reports whether nothing of the entry is supervised any more.
func (e *entry) over() bool {
	for _, u := range e.units() {
		if u.service != nil {
			return false
		}
	}
	return true
}

func (e *entry) close() {
	e.pipe.release()
	for _, u := range e.units() {
		_ = u.dir.Close() // nothing was written
	}
}

// newEntry takes dir over, and opens its log/ if there is one.
func (s *Scandir) newEntry(id held.ID, name, path string, dir *held.Dir) (*entry, error) {
	e := &entry{id: id, name: name, path: path, dir: dir, active: true}
	e.main = &unit{entry: e, dir: dir}
	logDir, err := dir.Dir(s6.LogDir)
	if err != nil {
		return e, ignoreAbsent(err)
	}
	if e.pipe, err = s.pipeOf(dir, logDir); err != nil {
		_ = logDir.Close() // nothing was written
		return e, err
	}
	e.logger = &unit{entry: e, dir: logDir, isLogger: true}
	return e, nil
}

// start starts the supervisor of u. The caller holds s.mu.
func (s *Scandir) start(u *unit) {
	o := supervise.Options{
		Dir: u.dir, Name: u.name(), Procs: s.opt.Procs, Log: s.opt.Log, Environ: s.opt.Environ,
		Stdin: s.null, Stdout: s.opt.Stdout, Stderr: s.opt.Stderr, OutputLock: &s.output,
		Logger: u.isLogger, Frozen: s.frozen.Load, Now: s.opt.Now,
		Record: s.opt.Record || s.opt.Adopt, Adopt: s.opt.Adopt && !u.begun,
	}
	if s.opt.Record { // services of hermes, which must not take what the container itself needs
		o.Admit = func() error { return s.admitRun(u) }
		o.Started = func() { s.wakeLogger(u) }
	}
	u.begun = true
	if u.entry.pipe != nil {
		o.Pipe, o.Drop = u.entry.pipe.use(u.isLogger)
	}
	o.Ended = func(service *supervise.Service) { s.ended(u, service) }
	u.service = supervise.Start(o)
}

// admitRun reports whether there is room to start run. A logger is of no use as long as its service is down.
//
// spec: SUP-124
func (s *Scandir) admitRun(u *unit) error {
	if !u.isLogger {
		return s.opt.Procs.Admit(time.Now(), os.ReadFile)
	}
	s.mu.Lock()
	main := u.entry.main.service
	s.mu.Unlock()
	if main != nil && main.Status().Up() {
		return nil
	}
	return s.opt.Procs.AdmitIdle(time.Now(), os.ReadFile)
}

// wakeLogger lets the logger of a service that has started try again, if there was no room for it.
func (s *Scandir) wakeLogger(u *unit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := u.entry; !u.isLogger && e.logger != nil && e.logger.service != nil {
		e.logger.service.Wake()
	}
}

// ended is called when the supervisor of u has ended.
func (s *Scandir) ended(u *unit, service *supervise.Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.service = nil
	e := u.entry
	if e.active && !e.leaving && !s.frozen.Load() && !s.closed {
		time.AfterFunc(service.Started().Add(restartPause).Sub(s.opt.Now()), func() { s.restart(u) })
		return
	}
	if u == e.main {
		s.leave(e, (*supervise.Service).Release)
	}
	s.forget(e)
}

// restart starts a supervisor that had ended, unless its entry left meanwhile.
func (s *Scandir) restart(u *unit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := u.entry
	if u.service != nil || s.closed {
		return
	}
	if e.active && !e.leaving && !s.frozen.Load() {
		s.start(u)
		return
	}
	if u == e.main {
		s.leave(e, (*supervise.Service).Release)
	}
	s.forget(e)
}

// leave gives the scandir's ends of the log pipe back and lets endLogger end the logger, which sees the
// end of its input as soon as the service is gone.
func (s *Scandir) leave(e *entry, endLogger func(*supervise.Service)) {
	if e.leaving {
		return
	}
	e.leaving = true
	e.pipe.release()
	if e.logger != nil && e.logger.service != nil {
		endLogger(e.logger.service)
	}
}

// forget drops an entry; a directory that waited for its NAME or its identity
// can start now.
func (s *Scandir) forget(e *entry) {
	if s.drop(e) && s.waiting && !s.frozen.Load() && !s.closed {
		s.scan()
	}
}

// drop removes an entry that left and of which nothing lives any more.
func (s *Scandir) drop(e *entry) bool {
	if !e.over() || e.active && !e.leaving || s.entries[e.id] != e {
		return false
	}
	delete(s.entries, e.id)
	e.close()
	return true
}
