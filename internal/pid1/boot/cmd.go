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
	"caduceus/internal/pid1/program"
	"caduceus/internal/pid1/stop"
)

// startCmd starts CMD. One that cannot be executed ends the container with the code a shell would give.
//
// spec: SUP-70
func (b *boot) startCmd(ctx context.Context) error {
	argv := slices.Concat(b.Settings.Now().CmdArg0, b.args)
	b.Log.EndBoot() // CMD finds the whole boot in its file
	if len(argv) == 0 {
		return nil
	}
	dir := b.cwd
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		b.Warnf("working directory %q is gone, CMD starts in \"/\"", dir)
		dir = "/"
	}
	// The lines of the boot come before the first one of CMD.
	b.Log.Flush(100 * time.Millisecond)
	b.release()
	child, err := b.spawnCmd(ctx, program.Program{
		Argv: argv, Dir: dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Attr: sessionFor(b.tty),
	})
	if err != nil {
		b.Errorf("cannot execute %q: %v", argv[0], err)
		b.exit(launch.ErrorCode(err))
		b.Stop.Ask(stop.ErrNoCmd)
		return nil
	}
	if b.tty.present && !b.tty.leader && b.tty.ours {
		if err := errors.Join(foreground(child.Pid()), child.SignalGroup(syscall.SIGCONT)); err != nil && !errors.Is(err, proc.ErrGone) {
			b.Warnf("cannot give CMD the terminal: %v", err)
		}
	}
	b.Programs.Keep(child)
	b.Cmd.Store(child)
	return nil
}

// cmdPatience is how long CMD may wait for a process to be had: services that start at once may have taken all.
const (
	cmdPatience = 10 * time.Second
	cmdPause    = 50 * time.Millisecond
)

// spawnCmd tries without the terminal when another session turns out to own it, and again while the pids limit is full.
func (b *boot) spawnCmd(ctx context.Context, p program.Program) (*proc.Child, error) {
	ctx, cancel := context.WithTimeout(ctx, cmdPatience)
	defer cancel()
	child, err := b.Programs.Start(p)
	if errors.Is(err, syscall.EAGAIN) {
		b.Warnf("no process is to be had for CMD: %v; trying again for %v; allow more with --pids-limit", err, cmdPatience)
	}
	for errors.Is(err, syscall.EAGAIN) && ctx.Err() == nil {
		<-time.After(cmdPause)
		child, err = b.Programs.Start(p)
	}
	if errors.Is(err, syscall.EPERM) && p.Attr.Setctty {
		p.Attr = &syscall.SysProcAttr{Setsid: true}
		return b.Programs.Start(p)
	}
	return child, err
}
