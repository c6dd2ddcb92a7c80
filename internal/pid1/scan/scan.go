package scan

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/s6"
)

// Bounds of a scan.
const (
	maxEntries = 1000
	lookFactor = 2               // a scan opens so many directories for each service that there may be
	nameFactor = 8               // and keeps so many names for each of them
	badPause   = 5 * time.Second // until a bad entry is tried again
)

// maxLook is how many directories a scan opens.
func (s *Scandir) maxLook() int { return lookFactor * s.opt.MaxEntries }

// found is what a scan sees under one name.
type found struct {
	name string
	id   held.ID
	dir  *held.Dir
}

// Scan scans now (letter a). Nothing is started once the scandir is frozen.
//
// spec: SUP-51
func (s *Scandir) Scan() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed && !s.frozen.Load() {
		s.scan()
	}
}

func (s *Scandir) scan() {
	s.room, s.crowded = freeDescriptors(), nil
	all, complete := s.look()
	seen := map[held.ID]bool{}
	for _, f := range all {
		seen[f.id] = true
	}
	for _, e := range s.entries {
		if e.active = seen[e.id] || e.active && !complete; !e.active && s.isVanished(e, seen) {
			s.vanish(e)
		}
		s.drop(e)
	}
	s.waiting = false
	s.rename(all)
	for _, f := range all {
		s.admit(f)
	}
	s.sayCrowded()
	for _, e := range s.entries {
		for _, u := range e.units() {
			if u.service != nil {
				u.service.RetrySetup()
			}
		}
	}
}

// look opens all directories of the scandir, in order of their names. It is
// not complete where the scandir cannot be read, descriptors run out, or there
// is far more than can be supervised, as others may fill the scandir: what is
// not seen then may still be there.
func (s *Scandir) look() (all []found, complete bool) {
	var names []string
	more := false
	err := s.dir.EachName(func(name string) {
		switch {
		case strings.HasPrefix(name, "."):
		case len(names) == nameFactor*s.maxLook():
			more = true
		default:
			names = append(names, name)
		}
	})
	if err != nil {
		s.bad("cannot read scandir %q: %v", s.opt.Dir, err)
	}
	complete = err == nil && !more
	slices.Sort(names)
	for _, name := range names {
		if len(all) == s.maxLook() {
			s.opt.Log.Warnf("looked at %d directories of scandir %q only", s.maxLook(), s.opt.Dir)
			return all, false
		}
		if s.opt.SkipForeign && s.isForeign(name) {
			continue
		}
		dir, err := s.dir.Dir(name)
		if errors.Is(err, unix.ENOTDIR) || errors.Is(err, fs.ErrNotExist) {
			continue // no directory, or a dangling symlink
		}
		if err == nil {
			var id held.ID
			if id, err = dir.ID(); err == nil {
				all = append(all, found{name: name, id: id, dir: dir})
				continue
			}
			_ = dir.Close() // nothing was written
		}
		s.bad("skipped %.64q: %v", name, err)
		if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
			return all, false
		}
	}
	return all, complete
}

// rename gives each known entry a name that it has now; one that it keeps is
// not changed.
func (s *Scandir) rename(all []found) {
	first := map[held.ID]string{}
	for _, f := range all {
		e := s.entries[f.id]
		if e != nil && (first[f.id] == "" || f.name == e.name) {
			first[f.id] = f.name
		}
	}
	for id, name := range first {
		s.entries[id].name = name
	}
}

// admit starts what is new. It takes over or closes the directory of f.
func (s *Scandir) admit(f found) {
	known := s.entries[f.id]
	count := 0
	for _, e := range s.entries {
		count += len(e.units())
	}
	switch {
	case known != nil:
		s.waiting = s.waiting || known.leaving
	case len(f.name) > s6.MaxNameLen:
		s.opt.Log.Warnf("skipped %.20q...: name longer than %d bytes", f.name, s6.MaxNameLen)
	case count >= s.opt.MaxEntries:
		s.opt.Log.Warnf("skipped %.64q: %d services are supervised already", f.name, count)
	case s.find(f.name) != nil: // SUP-55
		s.waiting = true
	case s.room < descriptorsOf(f.dir):
		s.crowded = append(s.crowded, f.name)
	default:
		s.create(f)
		return
	}
	_ = f.dir.Close() // nothing was written
}

func (s *Scandir) create(f found) {
	path, err := os.Readlink(f.dir.Path())
	if err != nil {
		path = filepath.Join(s.opt.Dir, f.name)
	}
	e, err := s.newEntry(f.id, f.name, path, f.dir)
	if err != nil {
		s.bad("skipped %.64q: %v", f.name, err)
		e.close()
		return
	}
	s.entries[f.id] = e
	s.room -= descriptorsOf(f.dir)
	s.watch.add(s.opt.Dir)
	s.watch.add(filepath.Dir(path))
	for _, u := range e.units() {
		s.start(u)
	}
}

// bad warns about an entry and scans again after a while.
func (s *Scandir) bad(format string, a ...any) {
	s.opt.Log.Warnf(format, a...)
	if s.again != nil {
		s.again.Stop()
	}
	s.again = time.AfterFunc(badPause, s.Scan)
}

// unlinkDangling removes the symlinks of the scandir that lead nowhere.
func (s *Scandir) unlinkDangling() {
	var names []string
	err := s.dir.EachName(func(name string) {
		if strings.HasPrefix(name, ".") || !s.dir.IsLink(name) {
			return
		}
		if _, err := s.dir.Stat(name); errors.Is(err, fs.ErrNotExist) {
			names = append(names, name)
		}
	})
	for _, name := range names {
		err = errors.Join(err, s.dir.Remove(name))
	}
	if err != nil {
		s.opt.Log.Warnf("cannot clean scandir %q: %v", s.opt.Dir, err)
	}
}

// Prune stops inactive services and lets their loggers end with their input;
// with all it stops the loggers, too (letters n and N).
func (s *Scandir) Prune(all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.active {
			continue
		}
		endLogger := (*supervise.Service).Release
		if all {
			endLogger = (*supervise.Service).Stop
		}
		if e.main.service != nil {
			e.main.service.Stop()
		}
		s.leave(e, endLogger)
		s.forget(e)
	}
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	return err
}

// isForeign reports whether an entry leads to another user's directory, in which the directory supervise/ is not this
// user's either: it is no service of this process. Links to such show somebody else's services to clients.
func (s *Scandir) isForeign(name string) bool {
	entry, err := s.dir.Lstat(name)
	if err != nil {
		return false
	}
	target, err := s.dir.Stat(name)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return true
	case err != nil || isOwn(target) || target.Mode&unix.S_IFMT != unix.S_IFDIR:
		return false
	}
	supervision, err := s.dir.Stat(name + "/" + s6.SuperviseDir)
	switch {
	case err == nil && isOwn(supervision):
		return false
	case entry.Mode&unix.S_IFMT == unix.S_IFLNK:
		return true
	}
	id := held.ID{Dev: target.Dev, Ino: target.Ino}
	if !s.foreign[id] {
		if len(s.foreign) >= s.maxLook() {
			clear(s.foreign)
		}
		s.foreign[id] = true
		s.opt.Log.Warnf("skipped %.64q: it belongs to uid %d; give it to uid %d, or remove it", name, target.Uid, os.Geteuid())
	}
	return true
}

// isOwn reports whether this user owns a directory, or shares it with its owner by a group: root that may not give
// files away shares them so.
func isOwn(dir unix.Stat_t) bool {
	if int(dir.Uid) == os.Geteuid() {
		return true
	}
	groups, err := os.Getgroups()
	return err == nil && dir.Mode&0o030 == 0o030 && slices.Contains(append(groups, os.Getegid()), int(dir.Gid))
}
