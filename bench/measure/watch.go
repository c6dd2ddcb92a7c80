package measure

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience bounds every wait; it is no measure of anything.
const patience = 60 * time.Second

// watch knows when the programs of a setup were opened to be executed. The kernel queues the event
// at the beginning of execve; all moments are late by the same wake-up of the watcher.
type watch struct {
	files   []string
	watcher *exec.Cmd
	output  bytes.Buffer
	ended   chan struct{}

	mu   sync.Mutex
	seen map[string][]moment
	more chan struct{} // closed and replaced at each sighting
	over bool
}

func (r *Setup) watch() (*watch, error) {
	w := &watch{
		files: []string{initFile, cmdFile, serviceFile}, ended: make(chan struct{}),
		seen: map[string][]moment{}, more: make(chan struct{}),
	}
	var paths []string
	for _, file := range w.files {
		paths = append(paths, r.path(file))
	}
	text, err := json.Marshal(task{Watch: paths})
	if err != nil {
		return nil, err
	}
	w.watcher = exec.Command("/proc/self/exe")
	w.watcher.Env = []string{taskEnv + "=" + string(text)}
	w.watcher.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	w.watcher.Stderr = &w.output
	out, err := w.watcher.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.watcher.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the watcher: %w", err)
	}
	if ready, err := readSighting(out); err != nil || ready.Index != -1 {
		w.close()
		_ = w.watcher.Wait() // it was killed
		return nil, fmt.Errorf("cannot watch the setup: %s", w.complaint())
	}
	go w.collect(out)
	return w, nil
}

func readSighting(r io.Reader) (sighting, error) {
	var s sighting
	err := binary.Read(r, binary.NativeEndian, &s)
	return s, err
}

// collect reads sightings until the watcher ends.
func (w *watch) collect(out io.Reader) {
	defer close(w.ended)
	for {
		s, err := readSighting(out)
		w.mu.Lock()
		if err != nil {
			w.over = true
			close(w.more)
			w.mu.Unlock()
			_ = w.watcher.Wait() // it was killed, or has complained
			return
		}
		file := w.files[s.Index]
		w.seen[file] = append(w.seen[file], s.At)
		close(w.more)
		w.more = make(chan struct{})
		w.mu.Unlock()
	}
}

// await returns the moment at which file was opened for the nth time, counted from 1. It is in vain
// once gone is closed.
func (w *watch) await(file string, nth int, gone <-chan struct{}) (moment, error) {
	limit := time.After(patience)
	for {
		w.mu.Lock()
		seen, more, over := w.seen[file], w.more, w.over
		w.mu.Unlock()
		switch {
		case len(seen) >= nth:
			return seen[nth-1], nil
		case over:
			return 0, fmt.Errorf("cannot see %q start: %s", file, w.complaint())
		}
		select {
		case <-more:
		case <-gone:
			return 0, errEnded
		case <-limit:
			return 0, fmt.Errorf("cannot see %q start %d times within %v: it started %d times", file, nth, patience, len(seen))
		}
	}
}

func (w *watch) complaint() string {
	if text := strings.TrimSpace(w.output.String()); text != "" {
		return text
	}
	return "the watcher ended"
}

// count is how often file was opened so far. Openings in quick succession may count as one: the
// kernel merges events that are alike until they are read.
func (w *watch) count(file string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.seen[file])
}

func (w *watch) close() { _ = w.watcher.Process.Kill() } // it may have ended

var errEnded = errors.New("it ended too early")
