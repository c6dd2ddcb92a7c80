package boot

import (
	"context"
	"errors"
	"os"
	"slices"
	"syscall"
	"time"

	"caduceus/internal/launch"
	"caduceus/internal/pid1/proc"
)

// startCmd starts CMD. One that cannot be executed ends the container with the code a shell would give.
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
		m.writeExitCode(launch.ErrorCode(err))
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
