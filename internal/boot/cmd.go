package boot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"caduceus/internal/console"
	"caduceus/internal/proc"
)

// startCmd is B9. A CMD that cannot be executed ends the container with the code a shell would give.
//
// contract: BOOT-07, BOOT-11
// spec: SUP-70
func (m *machine) startCmd(context.Context) error {
	argv := slices.Concat(m.settings().cmdArg0, m.args)
	if len(argv) == 0 {
		return nil
	}
	dir := m.cwd
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		m.warnf("working directory %q is gone, CMD starts in \"/\"", dir)
		dir = "/"
	}
	// What boot has to say stands before the first line of CMD.
	m.log.Flush(100 * time.Millisecond)
	m.release()
	child, err := m.spawnCmd(program{argv: argv, dir: dir, stdin: os.Stdin, attr: sessionFor(m.tty)})
	if err != nil {
		m.fatalf("cannot execute %q: %v", argv[0], err)
		m.writeExitCode(spawnCode(err))
		m.halt(errNoCmd)
		return nil
	}
	if m.tty.present && !m.tty.leader && m.tty.ours {
		if err := errors.Join(foreground(child.Pid()), child.SignalGroup(syscall.SIGCONT)); err != nil && !errors.Is(err, proc.ErrGone) {
			m.warnf("cannot give CMD the terminal: %v", err)
		}
	}
	m.jobs.add(child)
	m.cmd.Store(child)
	return nil
}

// spawnCmd tries without the terminal when another session turns out to own it.
func (m *machine) spawnCmd(p program) (*proc.Child, error) {
	child, err := m.spawn(p)
	if errors.Is(err, syscall.EPERM) && p.attr.Setctty {
		p.attr = &syscall.SysProcAttr{Setsid: true}
		return m.spawn(p)
	}
	return child, err
}

// explain is the closing line of the boot: how long each step took, and why each service is up or
// down.
//
// spec: SUP-68
func (m *machine) explain() {
	if m.stopping() {
		return
	}
	var total time.Duration
	var steps []string
	for _, t := range m.timings {
		total += t.took
		if t.took >= time.Millisecond {
			steps = append(steps, fmt.Sprintf("%s %d ms", t.step, t.took.Milliseconds()))
		}
	}
	parts := []string{fmt.Sprintf("version %s booted in %d ms", m.version, total.Milliseconds())}
	if len(steps) > 0 {
		parts[0] += " (" + strings.Join(steps, ", ") + ")"
	}
	for _, name := range m.scandir.Load().Names() {
		if !strings.HasSuffix(name, "/log") {
			parts = append(parts, name+" "+m.whyUp(name))
		}
	}
	m.log.Printf(console.Step, "init", "%s", strings.Join(parts, "; "))
}

func (m *machine) whyUp(name string) string {
	m.mu.Lock()
	failure := m.failures[name]
	m.mu.Unlock()
	unit := m.plan.Unit(name)
	service := m.scandir.Load().Service(name)
	switch {
	case failure != nil:
		return fmt.Sprintf("down: %v", failure)
	case unit.Name != "" && slices.Contains(m.plan.Closure("user"), name):
		return "up: in user"
	case unit.Name != "" && slices.Contains(m.plan.Closure("user2"), name):
		return "up: in user2"
	case unit.Name != "":
		return "down: in no bundle"
	case exists(run("service/" + name + "/down")):
		return "down: has a down file"
	case service != nil && service.Status().WantUp:
		return "up: no down file"
	}
	return "down: told so"
}
