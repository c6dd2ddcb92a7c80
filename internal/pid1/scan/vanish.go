package scan

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/s6"
)

// lookPause is how often to look where the kernel reports no changes.
const lookPause = 5 * time.Second

// isVanished reports whether the directory of an inactive entry was removed, as
// opposed to moved away or unlinked. seen are the identities in the scandir.
func (s *Scandir) isVanished(e *entry, seen map[held.ID]bool) bool {
	if e.leaving || seen[e.id] || e.dir.Exists(s6.RunFile) {
		return false
	}
	var st unix.Stat_t
	err := unix.Stat(e.path, &st)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)
	}
	return held.ID{Dev: st.Dev, Ino: st.Ino} != e.id
}

// vanish takes a pair down whose directory is no more: the service at once,
// the logger when the service is gone.
func (s *Scandir) vanish(e *entry) {
	e.active, e.leaving = false, true
	if e.main.service != nil {
		e.main.service.Vanish()
	}
	if e.logger == nil {
		return
	}
	go func(main, logger *supervise.Service) {
		if main != nil {
			<-main.Done()
		}
		if logger != nil {
			logger.Vanish()
		}
		e.pipe.release()
	}(e.main.service, e.logger.service)
}

// checkVanished looks for vanished directories between two scans.
func (s *Scandir) checkVanished() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.entries) == 0 {
		return
	}
	var suspects []*entry
	for _, e := range s.entries {
		if s.isVanished(e, nil) {
			suspects = append(suspects, e)
		}
	}
	if len(suspects) == 0 {
		return
	}
	seen := map[held.ID]bool{}
	all, complete := s.look()
	for _, f := range all {
		seen[f.id] = true
		_ = f.dir.Close() // nothing was written
	}
	for _, e := range suspects {
		if complete && !seen[e.id] {
			s.vanish(e)
			s.forget(e)
		}
	}
}

// What to watch for, by include/uapi/linux/fcntl.h.
const (
	dnDelete    = 0x8
	dnRename    = 0x10
	dnMultishot = 0x80000000 // not only the next time
)

// watcher calls check after something was removed from a watched directory or
// renamed in it; where the kernel reports no changes, every lookPause. The kernel
// reports by SIGIO and not by inotify, whose descriptor takes some 15 ms to
// close, at exit, too: three times what a stop takes otherwise.
type watcher struct {
	check func()
	stop  chan struct{}
	poll  sync.Once

	mu      sync.Mutex
	dirs    map[held.ID]int // open descriptors: the kernel watches as long as they are
	changes chan os.Signal
}

func newWatcher(check func()) *watcher {
	return &watcher{check: check, stop: make(chan struct{}), dirs: map[held.ID]int{}}
}

func (w *watcher) add(dir string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watch(dir) != nil {
		w.startPoll()
	}
}

func (w *watcher) watch(dir string) error {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil {
		id := held.ID{Dev: st.Dev, Ino: st.Ino}
		if _, known := w.dirs[id]; known {
			return unix.Close(fd)
		}
		if w.changes == nil {
			w.listen()
		}
		_, err = unix.FcntlInt(uintptr(fd), syscall.F_NOTIFY, dnDelete|dnRename|dnMultishot)
		if err == nil {
			w.forgetRemoved()
			w.dirs[id] = fd
			return nil
		}
	}
	return errors.Join(err, unix.Close(fd))
}

// forgetRemoved closes the directories that are no more: nothing happens there.
func (w *watcher) forgetRemoved() {
	for id, fd := range w.dirs {
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil && st.Nlink == 0 {
			_ = unix.Close(fd) // nothing was written
			delete(w.dirs, id)
		}
	}
}

// listen has one slot: what comes meanwhile is seen by the next look.
func (w *watcher) listen() {
	w.changes = make(chan os.Signal, 1)
	signal.Notify(w.changes, syscall.SIGIO)
	go func() {
		for {
			select {
			case <-w.changes:
				w.check()
			case <-w.stop:
				return
			}
		}
	}()
}

func (w *watcher) startPoll() {
	w.poll.Do(func() {
		go func() {
			ticker := time.NewTicker(lookPause)
			defer ticker.Stop()
			for {
				select {
				case <-ticker.C:
					w.check()
				case <-w.stop:
					return
				}
			}
		}()
	})
}

func (w *watcher) close() {
	if w == nil {
		return
	}
	close(w.stop)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changes != nil {
		signal.Stop(w.changes)
	}
	for _, fd := range w.dirs {
		_ = unix.Close(fd) // nothing was written
	}
	clear(w.dirs)
}
