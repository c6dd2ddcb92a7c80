package measure

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// settling is how long an init is left alone before it counts as idle.
const settling = 150 * time.Millisecond

// calm is how long /init is left alone before its memory is taken: 2 s after the last start it gives back what starts took.
const calm = 3 * time.Second

// Started returns the time from the start of PID 1 to that of CMD. The run is ended at once.
func (r *Setup) Started(ctx context.Context) (time.Duration, error) {
	l, err := r.start()
	if err != nil {
		return 0, err
	}
	defer l.kill()
	from, err := l.await(initFile, 1, l.ended)
	if err != nil {
		return 0, err
	}
	to, err := l.await(cmdFile, 1, l.ended)
	if err != nil {
		return 0, err
	}
	return time.Duration(to - from), ctx.Err()
}

// Stopped returns the time from SIGTERM to the end of an idle init.
func (r *Setup) Stopped(ctx context.Context) (time.Duration, error) {
	l, err := r.start()
	if err != nil {
		return 0, err
	}
	if err := l.idle(ctx); err != nil {
		return 0, l.explain(err)
	}
	began := time.Now()
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, l.explain(err)
	}
	select {
	case <-l.ended:
	case <-time.After(patience):
		return 0, l.explain(errors.New("it does not stop"))
	}
	took := time.Since(began)
	l.end()
	return took, nil
}

// Reaped returns the time from the moment at which all orphans may end to that at which the last of
// them is gone.
func (r *Setup) Reaped(ctx context.Context) (time.Duration, error) {
	release := r.path(releaseFile)
	if err := unix.Mkfifo(release, 0o600); err != nil && !errors.Is(err, unix.EEXIST) {
		return 0, err
	}
	fifo, err := os.OpenFile(release, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = fifo.Close() }() // a second close does nothing
	l, err := r.start()
	if err != nil {
		return 0, err
	}
	defer l.kill()
	if err := l.idle(ctx); err != nil {
		return 0, l.explain(err)
	}
	before := l.others()
	if before <= r.load.Orphans {
		return 0, l.explain(fmt.Errorf("%d processes, where %d orphans should be", before, r.load.Orphans))
	}
	began := time.Now()
	if err := fifo.Close(); err != nil {
		return 0, err
	}
	err = l.poll(ctx, time.Millisecond, func() bool { return l.others() <= before-r.load.Orphans })
	return time.Since(began), err
}

// Restarted returns the time from a kill -9 of the only service to its next start. Before it, the
// service has been up for the time given.
func (r *Setup) Restarted(ctx context.Context, up time.Duration) (time.Duration, error) {
	l, err := r.start()
	if err != nil {
		return 0, err
	}
	defer l.kill()
	if err := l.up(ctx); err != nil {
		return 0, err
	}
	if err := l.rest(ctx, up); err != nil {
		return 0, l.explain(err)
	}
	pids := l.services()
	if len(pids) != 1 {
		return 0, l.explain(fmt.Errorf("%d processes of one service", len(pids)))
	}
	nth := l.count(serviceFile) + 1
	began := now()
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		return 0, l.explain(err)
	}
	again, err := l.await(serviceFile, nth, l.ended)
	if err != nil {
		return 0, l.explain(err)
	}
	return time.Duration(again - began), nil
}

// Footprint is what an idle init takes.
type Footprint struct {
	Processes int
	PSS       int64 // kB
	Threads   int
}

// Footprint counts the processes of the init and its supervisors; CMD and services are not its own.
func (r *Setup) Footprint(ctx context.Context) (Footprint, error) {
	l, err := r.start()
	if err != nil {
		return Footprint{}, err
	}
	defer l.kill()
	if err := l.idle(ctx); err != nil {
		return Footprint{}, l.explain(err)
	}
	if r.subject.Name == Ours { // after 2 s it gives back what the starts took
		if err := l.rest(ctx, calm); err != nil {
			return Footprint{}, l.explain(err)
		}
	}
	var f Footprint
	for _, pid := range l.processes() {
		if r.same(pid, cmdFile) || r.same(pid, serviceFile) {
			continue
		}
		pss, err := pssOf(pid)
		if err != nil {
			return Footprint{}, l.explain(err)
		}
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		if err != nil {
			return Footprint{}, l.explain(err)
		}
		f.Processes++
		f.PSS += pss
		f.Threads += len(tasks)
	}
	return f, nil
}

// poll waits until ok holds.
func (l *live) poll(ctx context.Context, every time.Duration, ok func() bool) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	limit := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			return l.explain(fmt.Errorf("what was waited for did not happen within %v", patience))
		case <-l.ended:
			return l.explain(errEnded)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// others counts the processes beside the init, zombies too.
func (l *live) others() int {
	dir, err := os.Open(fmt.Sprintf("/proc/%d/root/proc", l.pid()))
	if err != nil {
		return 0
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1) // what was read before an error counts
	n := 0
	for _, name := range names {
		if name[0] >= '0' && name[0] <= '9' {
			n++
		}
	}
	return n
}

// processes returns the pids, on the host, of all processes of the setup.
func (l *live) processes() []int { return processesWith(l.pid()) }
