package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// roomPath is where programs are looked up in a room.
const roomPath = "PATH=/command:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// entry is how to enter the room and become its init.
func (r *Room) entry(cmd ...string) entry {
	return entry{
		Root: r.root, Borrow: r.borrow, Scandir: r.subject.Scandir, Realtime: r.realtime, Argv: r.argv(cmd...),
		Env: []string{roomPath, "S6_VERBOSITY=1"},
	}
}

func namespaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Setsid:     true,
	}
}

// live is an init that runs.
type live struct {
	*watch
	room  *Room
	cmd   *exec.Cmd
	said  bytes.Buffer
	ended chan struct{}
}

// start starts the init and waits until CMD runs.
func (r *Room) start() (*live, error) {
	w, err := r.watch()
	if err != nil {
		return nil, err
	}
	e := r.entry()
	text, err := json.Marshal(task{Enter: &e})
	if err != nil {
		return nil, err
	}
	l := &live{watch: w, room: r, cmd: exec.Command("/proc/self/exe"), ended: make(chan struct{})}
	l.cmd.Env = []string{taskEnv + "=" + string(text)}
	l.cmd.SysProcAttr = namespaces()
	l.cmd.Stdout, l.cmd.Stderr = &l.said, &l.said
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
	return l.poll(ctx, 5*time.Millisecond, func() bool { return len(l.services()) == l.room.load.Services })
}

// services are the processes of the services.
func (l *live) services() []int {
	var pids []int
	for _, pid := range l.processes() {
		if l.room.same(pid, serviceFile) {
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

// explain ends the init and adds what it said.
func (l *live) explain(err error) error {
	l.kill()
	said := strings.TrimSpace(l.said.String())
	if said == "" {
		return fmt.Errorf("%q: %w", l.room.subject.Name, err)
	}
	return fmt.Errorf("%q: %w; it said:\n%s", l.room.subject.Name, err, said)
}

// kill ends all of the room at once.
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

// pid is that of the init outside its room.
func (l *live) pid() int { return l.cmd.Process.Pid }

// same tells whether the process runs the program of that file of the room.
func (r *Room) same(pid int, file string) bool {
	program, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return false
	}
	info, err := os.Stat(r.path(file))
	return err == nil && os.SameFile(program, info)
}
