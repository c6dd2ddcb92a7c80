package boot

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/identity"
	"caduceus/internal/launch"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/rc"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/s6"
)

// ladder is one ordered stop.
//
// spec: SUP-79
type ladder struct {
	*machine
	settings settings
	began    time.Time
	ctx      context.Context // ends at the deadline, or when the rest is to be skipped
	done     context.CancelFunc
	cmdTook  time.Duration            // what endCmd used
	kills    map[string]time.Duration // what each service asks for between TERM and KILL
}

func (m *machine) ladder() *ladder {
	s := m.settings()
	l := &ladder{machine: m, settings: s, began: time.Now(), kills: map[string]time.Duration{}}
	var longest time.Duration
	for _, name := range m.scandir.Load().Names() {
		l.kills[name] = m.timeoutKill(name)
		longest = max(longest, l.kills[name])
	}
	l.ctx, l.done = context.WithTimeout(m.abort, deadline(s, longest))
	return l
}

// climb takes rung after rung, until told to leave at once.
func (l *ladder) climb(rungs ...func()) {
	for _, rung := range rungs {
		if l.abort.Err() == nil {
			rung()
		}
	}
}

// both makes one rung of two that run side by side.
func (l *ladder) both(a, b func()) func() {
	return func() {
		var all sync.WaitGroup
		all.Go(a)
		all.Go(b)
		all.Wait()
	}
}

// Causes of a stop that need no line of their own.
var (
	errCmdEnded = errors.New("CMD ended")
	errNoCmd    = errors.New("CMD cannot be executed")
)

// freeze says why the container stops; nothing starts any more.
func (l *ladder) freeze() {
	l.halt(errCmdEnded)
	l.scandir.Load().Freeze()
	if why := context.Cause(l.machine.ctx); !errors.Is(why, errCmdEnded) && !errors.Is(why, errNoCmd) {
		l.stepf("stopping: %v", why)
	}
}

// endCmd asks CMD, or the boot script that runs, to end.
func (l *ladder) endCmd() {
	cmd := l.cmd.Load()
	asked := cmd != nil && !over(cmd)
	var all sync.WaitGroup
	for _, child := range l.jobs.close() {
		all.Go(func() { l.end(l.ctx, child, l.settings.killGrace) })
	}
	all.Wait()
	l.cmdTook = time.Since(l.began)
	switch {
	case cmd == nil:
	case over(cmd):
		l.writeExitCode(cmdCode(cmd.Status(), asked, l.settings.cmdSignals))
	default: // it will be killed, at the latest with the container
		l.writeExitCode(launch.SignalCode(syscall.SIGKILL))
	}
}

func over(c *proc.Child) bool {
	select {
	case <-c.Done():
		return true
	default:
		return false
	}
}

// stopServices stops all services, what depends on the bundle user before it. The bounds of both count
// from the same moment.
func (l *ladder) stopServices() {
	scandir := l.scandir.Load()
	scandir.Prune(false)
	user := l.plan.Closure("user")
	var first, then []string
	for _, name := range scandir.Names() {
		switch {
		case strings.HasSuffix(name, "/log"):
		case slices.Contains(user, name):
			then = append(then, name)
		default:
			first = append(first, name)
		}
	}
	for _, set := range [][]string{first, then} {
		rc.Walk(l.ctx, set, l.plan.Dependents, l.stopService)
	}
}

// stopService returns when the service and its supervisor are gone, or had their time.
func (l *ladder) stopService(ctx context.Context, name string) error {
	scandir := l.scandir.Load()
	service := scandir.Service(name)
	if service == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	grace := serviceGrace(l.settings, l.kills[name])
	go func() {
		if service.Wait(ctx, supervise.Down) != nil {
			return
		}
		select {
		case <-time.After(finishGrace(grace, time.Since(l.began))):
			cancel()
		case <-ctx.Done():
		}
	}()
	scandir.StopServices(ctx, []string{name}, func(string) time.Duration {
		return max(time.Millisecond, grace-time.Since(l.began)) // without a positive one there is no KILL
	})
	return nil
}

// timeoutKill is what the service itself asks for between TERM and KILL. Whoever owns the service
// directory cannot hold up the stop with what they put there.
func (m *machine) timeoutKill(name string) time.Duration {
	dir, err := s6.OpenDir(filepath.Join(run("service"), name))
	if err != nil {
		return 0
	}
	defer func() { _ = dir.Close() }() // nothing was written
	config, _ := dir.Config(0)         // the supervisor has said what is wrong with it
	return config.KillTimeout
}

// runDowns undoes the oneshots, last in, first out, and then runs cont-finish.d.
func (l *ladder) runDowns() {
	l.mu.Lock()
	oneshots := slices.Clone(l.oneshots)
	l.mu.Unlock()
	for _, name := range slices.Backward(oneshots) {
		if down := l.plan.Unit(name).Down; len(down) > 0 {
			l.script("oneshot", down, l.plan.Unit(name).TimeoutDown)
		}
	}
	scripts, err := l.scripts("cont-finish.d")
	if err != nil {
		l.warnf("cannot list cont-finish.d: %v", err)
	}
	for _, script := range scripts {
		l.script("cont-finish", []string{script}, 0)
	}
}

// script runs one program of runDowns and kills it at its limit, at S6_KILL_FINISH_MAXTIME, or at the
// deadline, whichever comes first; 0 is no limit.
func (l *ladder) script(source string, argv []string, limit time.Duration) {
	if l.ctx.Err() != nil {
		l.log.Logger(source).Warnf("%s: no time left to run it", argv[0])
		return
	}
	l.log.Logger(source).Infof("running %s", argv[0])
	ctx := l.ctx
	for _, limit := range []time.Duration{limit, l.settings.finishMax} {
		if limit > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, limit)
			defer cancel()
		}
	}
	child, err := l.spawn(program{argv: argv})
	if err != nil {
		l.log.Logger(source).Warnf("cannot execute %s: %v", argv[0], err)
		return
	}
	select {
	case <-child.Done():
	case <-ctx.Done():
		_ = child.Signal(syscall.SIGKILL) // an error means that it is gone
		l.log.Logger(source).Warnf("%s took too long and was killed", argv[0])
		return
	}
	l.log.Logger(source).Infof("%s exited %d", argv[0], outcome(child.Status(), nil))
}

// closeLoggers ends the loggers' input: they read what is left, and end by themselves.
func (l *ladder) closeLoggers() {
	ctx, cancel := context.WithTimeout(l.ctx, loggerGrace)
	defer cancel()
	patience := loggerGrace
	if errors.Is(context.Cause(l.machine.ctx), errLoggersToo) {
		patience = 0
	}
	l.scandir.Load().CloseLoggers(ctx, patience)
}

// endOthers ends what nobody supervised, and what survived the rungs before.
func (l *ladder) endOthers() {
	if l.procs.Others() == 0 {
		return
	}
	l.procs.SignalAll(syscall.SIGTERM)
	l.procs.SignalAll(syscall.SIGCONT)
	ctx, cancel := context.WithTimeout(l.ctx, restGrace(l.settings.killGrace, l.cmdTook))
	defer cancel()
	if l.alone(ctx) {
		return
	}
	// What dies now may still leave a finish script behind, so once is not enough.
	last, end := context.WithTimeout(l.abort, time.Second/2)
	defer end()
	for last.Err() == nil {
		l.procs.SignalAll(syscall.SIGKILL)
		again, cancel := context.WithTimeout(last, 20*time.Millisecond)
		gone := l.alone(again)
		cancel()
		if gone {
			return
		}
	}
}

// alone waits until no other process is left; ctx ends the wait.
func (l *ladder) alone(ctx context.Context) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for l.procs.Others() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// leave ends the container: it gives the exit code, unless a script takes the place of the init.
func (l *ladder) leave() int {
	if l.settings.syncDisks {
		unix.Sync()
	}
	file, _ := os.ReadFile(l.exitFile()) // no file says nothing
	code := finalCode(file, l.code)
	l.log.Flush(flushGrace)
	return l.replaced("finish", code)
}

// replaced executes a program of the scandir in place of this one. Where there is none, code stays.
//
// spec: SUP-59
func (m *machine) replaced(name string, code int) int {
	dir := run("service")
	file := filepath.Join(dir, s6.SvscanDir, name)
	scandir := m.scandir.Load()
	if scandir == nil || !exists(file) {
		return code
	}
	if err := os.Chdir(dir); err != nil {
		return code
	}
	owner, err := ownerOf(scandir.Held())
	if owner != nil {
		err = identity.Drop(*owner)
	}
	if err == nil {
		err = launch.Exec(file, []string{file}, m.childEnv())
	}
	m.fatalf("cannot execute %q: %v", file, err)
	m.log.Flush(flushGrace)
	if name == "crash" {
		return launch.ErrorCode(err)
	}
	return m.replaced("crash", launch.NotFound)
}
