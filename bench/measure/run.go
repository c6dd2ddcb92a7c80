package measure

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"caduceus/internal/rig"
)

// setupPath is where an init looks for programs.
const setupPath = "PATH=/command:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// entry is how to become the init of the setup. A small program of one thread comes between: what it
// costs the kernel to take the rig's process down, with its threads and its memory, is not the init's.
func (r *Setup) entry(cmd ...string) rig.Entry {
	e := rig.Entry{Argv: slices.Concat([]string{"/usr/bin/env", "-i", setupPath, "S6_VERBOSITY=1"}, r.argv(cmd...))}
	if r.subject.Scandir {
		e.Copy = [2]string{"/" + servicesDir, "/run/service"}
	}
	if r.realtime {
		e.Realtime = initPriority
	}
	return e
}

// live is an init that runs.
type live struct {
	*watch
	setup  *Setup
	cmd    *exec.Cmd
	output bytes.Buffer
	ended  chan struct{}
}

// start starts the init and waits until CMD runs.
func (r *Setup) start() (*live, error) {
	w, err := r.watch()
	if err != nil {
		return nil, err
	}
	command, err := r.root.Command(r.entry())
	if err != nil {
		return nil, err
	}
	l := &live{watch: w, setup: r, cmd: command, ended: make(chan struct{})}
	l.cmd.Stdout, l.cmd.Stderr = &l.output, &l.output
	l.cmd.WaitDelay = time.Second
	err = l.cmd.Start()
	if err != nil {
		w.close()
		return nil, fmt.Errorf("cannot start %q: %w", r.subject.Name, err)
	}
	go func() {
		_ = l.cmd.Wait() // an init that was told to stop may exit with any code
		close(l.ended)
	}()
	if _, err = l.await(cmdFile, 1, l.ended); err != nil {
		return nil, l.explain(err)
	}
	return l, nil
}

// up waits until all services run. Their starts cannot be counted by the watch: the kernel makes
// one event of two that are alike and were not read yet.
func (l *live) up(ctx context.Context) error {
	return l.poll(ctx, 5*time.Millisecond, func() bool { return len(l.services()) == l.setup.load.Services })
}

// services are the processes of the services.
func (l *live) services() []int {
	var pids []int
	for _, pid := range l.processes() {
		if l.setup.same(pid, serviceFile) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// idle waits until all services run and nothing is left to be done.
func (l *live) idle(ctx context.Context) error {
	if err := l.up(ctx); err != nil {
		return err
	}
	return l.rest(ctx, settling)
}

// explain ends the init and adds its output to err.
func (l *live) explain(err error) error {
	l.kill()
	output := strings.TrimSpace(l.output.String())
	if output == "" {
		return fmt.Errorf("%q: %w", l.setup.subject.Name, err)
	}
	return fmt.Errorf("%q: %w; its output:\n%s", l.setup.subject.Name, err, output)
}

// kill ends all processes of the setup at once.
func (l *live) kill() {
	_ = l.cmd.Process.Kill() // it is gone
	<-l.ended
	l.end()
}

// end ends the watch of an init that is gone.
func (l *live) end() {
	l.close()
	<-l.watch.ended
}

// rest lets d pass, unless ctx or the init ends first.
func (l *live) rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-l.ended:
		return errEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pid is that of the init on the host.
func (l *live) pid() int { return l.cmd.Process.Pid }

// same reports whether the process runs the program of that file of the setup.
func (r *Setup) same(pid int, file string) bool {
	program, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return false
	}
	info, err := os.Stat(r.path(file))
	return err == nil && os.SameFile(program, info)
}
