package rig

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// runBelow is another init with the program below it, as engines put one there: it gives the child
// the foreground of the terminal, forwards TERM and ends with the child's code.
func (e Entry) runBelow() error {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	child := &exec.Cmd{Path: e.Argv[0], Args: e.Argv, Env: e.Env, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	if _, err := unix.IoctlGetInt(0, unix.TIOCGSID); err == nil {
		signal.Ignore(syscall.SIGTTOU, syscall.SIGTTIN)
		child.SysProcAttr = &syscall.SysProcAttr{Foreground: !e.Background, Setpgid: e.Background, Ctty: 0}
	}
	if err := child.Start(); err != nil {
		return err
	}
	go func() {
		for range term {
			_ = child.Process.Signal(syscall.SIGTERM) // it may have ended
		}
	}()
	if err := child.Wait(); child.ProcessState == nil {
		return err
	}
	os.Exit(child.ProcessState.ExitCode()) //nolint:forbidigo // this process is the init of somebody else's making
	return nil
}
