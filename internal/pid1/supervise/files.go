package supervise

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/s6"
)

// Modes of what the supervisor makes (SUP-05).
const (
	modeSupervise   = 0o700
	modeEvent       = 0o3730
	modeLock        = 0o644
	modeControl     = 0o600
	modeServiceLock = 0o644
)

// files are the descriptors that a supervisor holds all its life.
type files struct {
	service   *held.Dir // the caller's
	supervise *held.Dir
	event     *held.Dir
	lock      *os.File
	reader    *os.File // of control
	writer    *os.File // of control, so that the reader sees no EOF
}

// openFiles makes and opens what is missing, in the order of SUP-11.
func openFiles(service *held.Dir) (_ *files, err error) {
	f := &files{service: service}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	if f.event, err = ensureDir(service, s6.EventDir, modeEvent); err != nil {
		return nil, err
	}
	if f.supervise, err = ensureDir(service, s6.SuperviseDir, modeSupervise); err != nil {
		return nil, err
	}
	if f.lock, err = f.supervise.Lock(s6.LockFile, modeLock); err != nil {
		return nil, err
	}
	if f.reader, f.writer, err = f.supervise.OpenFifo(s6.ControlFile, modeControl); err != nil {
		return nil, err
	}
	return f, nil
}

// ensureDir holds a directory that is written to, and makes it if it is missing.
func ensureDir(service *held.Dir, name string, mode uint32) (*held.Dir, error) {
	service = service.WithLinks(held.FollowOwn)
	if _, err := service.MakeDir(name, mode); err != nil {
		return nil, err
	}
	return service.Dir(name)
}

// clean removes what an earlier supervisor left.
func (f *files) clean() error {
	return errors.Join(
		notify(f.event, ""),
		replace(f.supervise, s6.TallyFile, nil),
		f.supervise.Remove(s6.BackoffFile),
		f.supervise.Remove(s6.EndsFile),
		f.supervise.Remove(s6.UnstartedFile),
	)
}

// close gives everything back; the lock as late as can be.
func (f *files) close() {
	for _, c := range []*os.File{f.reader, f.writer} {
		if c != nil {
			_ = c.Close() // nothing was written
		}
	}
	if f.lock != nil {
		_ = held.Unlock(f.lock) // closed in any case
	}
	for _, d := range []*held.Dir{f.supervise, f.event} {
		if d != nil {
			_ = d.Close() // read only
		}
	}
}

// replace writes a state file, which every user may read.
func replace(dir *held.Dir, name string, content []byte) error {
	return dir.WriteFile(name, content, held.Write{Mode: 0o644})
}

// rewrite is replace of a file that each step writes. A status has one size, so whoever reads it meanwhile gets a whole one.
func rewrite(dir *held.Dir, name string, content []byte) error {
	return dir.WriteFile(name, content, held.Write{Mode: 0o644, Again: true})
}

// addDeath rewrites the death tally.
func (f *files) addDeath(d s6.Death, limit int) error {
	if limit == 0 {
		return nil
	}
	old, err := f.supervise.ReadHead(s6.TallyFile, s6.MaxTallySize)
	if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, held.ErrTooLarge) {
		return err
	}
	deaths := s6.DecodeTally(old)
	if n := len(deaths); n > 0 && deaths[n-1].Time.Equal(d.Time) {
		return nil // by the last supervisor, which died after that
	}
	return replace(f.supervise, s6.TallyFile, s6.EncodeTally(s6.AddDeath(deaths, d, limit)))
}

// addEnd rewrites how the last runs ended.
//
// spec: SUP-121
func (f *files) addEnd(e s6.End) error {
	old, err := f.supervise.ReadHead(s6.EndsFile, s6.MaxTallySize)
	if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, held.ErrTooLarge) {
		return err
	}
	ends := s6.DecodeEnds(old)
	if n := len(ends); n > 0 && ends[n-1].Time.Equal(e.Time) {
		return nil // by the last supervisor, which died after that
	}
	return replace(f.supervise, s6.EndsFile, s6.EncodeEnds(s6.AddEnd(ends, e)))
}

// touchDown makes the file down.
func (f *files) touchDown() error {
	down, err := f.service.OpenOrCreate(s6.DownFile, os.O_WRONLY|unix.O_NONBLOCK, 0o644)
	if err != nil {
		return fmt.Errorf("cannot create file %q: %w", s6.DownFile, err)
	}
	return down.Close()
}
