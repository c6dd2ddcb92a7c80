package scan

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/s6"
	"caduceus/internal/supervise"
)

// lookPause is how often to look where the kernel cannot tell.
const lookPause = 5 * time.Second

// isVanished tells whether the directory of an inactive entry was removed, as
// opposed to moved away or unlinked. seen are the identities in the scandir.
func (s *Scandir) isVanished(e *entry, seen map[s6.ID]bool) bool {
	if e.leaving || seen[e.id] || e.dir.Exists(s6.RunFile) {
		return false
	}
	var st unix.Stat_t
	err := unix.Stat(e.path, &st)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)
	}
	return s6.ID{Dev: st.Dev, Ino: st.Ino} != e.id
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
	seen := map[s6.ID]bool{}
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

// watcher calls check after something was removed from a watched directory;
// where the kernel cannot tell, every lookPause. Nothing is opened before the
// first directory is added: the kernel takes some 20 ms to close it again.
type watcher struct {
	check func()
	open  sync.Once
	file  *os.File // inotify; nil: none
	stop  chan struct{}
	poll  sync.Once
}

func newWatcher(check func()) *watcher {
	return &watcher{check: check, stop: make(chan struct{})}
}

func (w *watcher) start() {
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		w.startPoll()
		return
	}
	w.file = os.NewFile(uintptr(fd), "inotify")
	go w.listen()
}

func (w *watcher) add(dir string) {
	w.open.Do(w.start)
	if w.file == nil {
		return
	}
	conn, err := w.file.SyscallConn()
	if err == nil {
		controlErr := conn.Control(func(fd uintptr) {
			_, err = unix.InotifyAddWatch(int(fd), dir, unix.IN_DELETE|unix.IN_MOVED_FROM|unix.IN_ONLYDIR)
		})
		err = errors.Join(err, controlErr)
	}
	if err != nil {
		w.startPoll()
	}
}

func (w *watcher) listen() {
	buf := make([]byte, 4096)
	for {
		if _, err := w.file.Read(buf); err != nil {
			return // closed
		}
		w.check()
	}
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
	if w.file != nil {
		_ = w.file.Close() // read only
	}
}
