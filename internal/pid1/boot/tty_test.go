package boot_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"caduceus/internal/clause"
)

// console is a terminal with a running /init on it, and all that it showed.
type screen struct {
	*initProcess
	ptmx  *os.File
	shown buffer
}

func onTerminal(b *container, args ...string) *screen {
	b.t.Helper()
	ptmx, tty, err := pty.Open()
	b.must(err)
	b.must(pty.Setsize(ptmx, &pty.Winsize{Rows: 24, Cols: 77}))
	s := &screen{initProcess: b.start(tty, args...), ptmx: ptmx}
	b.must(tty.Close())
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(&s.shown, ptmx) // ends with EIO when the last user of the terminal does
	}()
	b.t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // all users of the terminal end with it, and so does the copy
		<-copied
		_ = ptmx.Close()
	})
	return s
}

func (s *screen) keys(text string) {
	s.t.Helper()
	if _, err := s.ptmx.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) shows(text string) {
	s.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !strings.Contains(s.shown.String(), text) {
		select {
		case <-tick.C:
		case <-limit:
			s.t.Fatalf("the screen lacks %q:\n%s", text, s.shown.String())
		}
	}
}

// usesJobControl drives an interactive shell. Each key waits for what it is meant for: a signal key
// throws unread input away.
func (s *screen) usesJobControl() {
	s.t.Helper()
	s.keys("sh -c 'echo star''ted; exec cat'\n")
	s.shows("started\r\n")
	s.keys("first\n")
	s.shows("first\r\nfirst\r\n")
	s.keys("\x1a") // ^Z
	s.shows("Stopped")
	s.keys("fg\n")
	s.until("cat in the foreground", func() bool { return s.inForeground("cat") })
	s.keys("second\n")
	s.shows("second\r\nsecond\r\n")
	s.keys("\x03") // ^C ends cat, not the shell, and not the container
	s.until("the shell in the foreground", func() bool { return s.inForeground("bash") })
	s.keys("echo cod''e $?\n")
	s.shows("code 130\r\n")
	s.keys("exit 7\n")
	s.expect(7)
}

// inForeground reports whether a program of this name waits in the foreground of the terminal.
func (s *screen) inForeground(name string) bool {
	files, _ := filepath.Glob(s.inside("/proc/[0-9]*/stat"))
	for _, file := range files {
		stat, _ := os.ReadFile(file)
		_, rest, found := strings.Cut(string(stat), "("+name+") ")
		// state ppid pgrp session tty_nr tpgid
		if f := strings.Fields(rest); found && len(f) > 5 && f[0] == "S" && f[2] == f[5] {
			return true
		}
	}
	return false
}

func TestCMDHasTheTerminal(t *testing.T) {
	clause.Proves(t, "BOOT-11", "FAULT-05", "SUP-71")
	t.Parallel()
	b := newContainer(t)
	b.longrun("svc", "exec sleep 1000")
	s := onTerminal(b, "sh", "-c", `[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && stty size && ps -o sid=,pgid=,tpgid=,pid= -p $$ && until ps -eo tty=,args= | grep "[s]leep 1000"; do sleep 0.01; done; exit 7`)
	s.expect(7)
	s.shows("24 77")
	s.shows("sleep 1000") // the screen may lag behind CMD's end
	screen := s.shown.String()
	for line := range strings.Lines(screen) {
		if f := strings.Fields(line); len(f) == 4 && (f[0] != f[1] || f[1] != f[2] || f[2] != f[3]) {
			t.Errorf("CMD does not lead its session in the foreground: %v", f)
		}
	}
	if !strings.Contains(screen, "?        sleep 1000") {
		t.Errorf("the service has a terminal:\n%s", screen)
	}
}

func TestJobControlReachesCmdOnly(t *testing.T) {
	clause.Proves(t, "FAULT-05", "SUP-71")
	t.Parallel()
	s := onTerminal(newContainer(t), "bash", "--norc", "-i")
	s.keys("PS1='$ '; echo rea''dy\n")
	s.shows("ready")
	s.usesJobControl()
}

func TestAResizeReachesCMD(t *testing.T) {
	clause.Proves(t, "FAULT-05", "SUP-71")
	t.Parallel()
	s := onTerminal(newContainer(t), "bash", "-c", `trap 'stty size; exit 7' WINCH; echo ready; while :; do sleep 0.05; done`)
	s.shows("ready")
	if err := pty.Setsize(s.ptmx, &pty.Winsize{Rows: 33, Cols: 99}); err != nil {
		t.Fatal(err)
	}
	s.shows("33 99")
	s.expect(7)
}

// The hang-up that giving up the terminal causes must not look like one from outside.
func TestTerminalIsGivenUpQuietly(t *testing.T) {
	clause.Proves(t, "SUP-71")
	t.Parallel()
	b := newContainer(t)
	b.script("etc/cont-init.d/01", `printf '#!/bin/sh\necho hup >/tmp/hup\n' >/run/service/.s6-svscan/SIGHUP; chmod +x /run/service/.s6-svscan/SIGHUP`)
	s := onTerminal(b, "sh", "-c", "echo ready; exec sleep 1000")
	s.shows("ready")
	if _, err := os.Stat(s.inside("/tmp/hup")); err == nil {
		t.Error("SIGHUP was acted on")
	}
	s.signal(syscall.SIGHUP)
	s.until("a real SIGHUP", func() bool {
		_, err := os.Stat(s.inside("/tmp/hup"))
		return err == nil
	})
	s.stop()
	s.expect(0)
}

func TestCMDHasTheTerminalBelowAnotherInit(t *testing.T) {
	clause.Proves(t, "RUN-05", "SUP-71")
	t.Parallel()
	b := newContainer(t)
	b.entry.Above = true
	s := onTerminal(b, "bash", "--norc", "-i")
	s.keys("PS1='$ '; echo rea''dy\n")
	s.shows("ready")
	s.usesJobControl()
}

// CMD gets the terminal from an /init that does not have it, either.
func TestTerminalIsTakenFromTheBackground(t *testing.T) {
	clause.Proves(t, "SUP-105", "SUP-71")
	t.Parallel()
	b := newContainer(t)
	b.entry.Above, b.entry.Background = true, true
	s := onTerminal(b, "sh", "-c", `echo ready; read -r word; echo "got $word"; exit 7`)
	s.shows("ready")
	s.keys("this\n")
	s.shows("got this")
	s.expect(7)
}

// A background write to a terminal with tostop must neither stop /init nor keep it busy.
func TestLogReachesATerminalInTheBackground(t *testing.T) {
	clause.Proves(t, "SUP-105")
	t.Parallel()
	b := newContainer(t)
	b.entry.Above = true
	b.setenv("S6_VERBOSITY=2")
	s := onTerminal(b, "sh", "-c", "stty tostop; echo ready; exec sleep 1000")
	s.shows("ready")
	s.stop()
	s.expect(0)
	s.shows("init: info: stopping: signal SIGTERM")
}

// Somebody works at the terminal: of the boot there is what is wrong, or what takes long.
func TestABootOnATerminalIsQuiet(t *testing.T) {
	clause.Proves(t, "BOOT-22", "BOOT-23")
	t.Parallel()
	b := newContainer(t)
	b.script("etc/cont-init.d/01-slow", "echo step; echo wrong >&2; until [ -e /tmp/go ]; do sleep 0.01; done")
	s := onTerminal(b, "sh", "-c", "grep -c -e step -e wrong -e exited /run/s6/boot.log; echo ready; exec sleep 1000")
	s.shows("init: info: the start takes a while, now at /etc/cont-init.d/01-slow; S6_VERBOSITY=2 shows each step\r\n")
	b.must(os.WriteFile(s.inside("/tmp/go"), nil, 0o644))
	s.shows("ready")
	s.stop()
	s.expect(0)
	s.shows("4\r\nready\r\n")
	shown := logLine.ReplaceAllString(strings.ReplaceAll(s.shown.String(), "\r", ""), "")
	if shown != "wrong\n4\nready\n" || strings.Contains(s.shown.String(), "stopping") {
		t.Errorf("the screen:\n%s", s.shown.String())
	}
}

func TestABootThatFailsOnATerminalShowsAll(t *testing.T) {
	clause.Proves(t, "BOOT-22")
	t.Parallel()
	b := newContainer(t)
	b.setenv("S6_BEHAVIOUR_IF_STAGE2_FAILS=2")
	b.script("etc/cont-init.d/01-good", "echo step")
	b.script("etc/cont-init.d/02-bad", "exit 3")
	s := onTerminal(b, "echo", "CMD ran")
	s.expect(1)
	s.shows("stopping: step \"base\" of the boot failed")
	for _, line := range []string{"running /etc/cont-init.d/01-good\r\nstep\r\n", "/etc/cont-init.d/02-bad exited 3"} {
		s.shows(line)
	}
}

func TestTheBootOfAGatewayIsShownOnATerminal(t *testing.T) {
	clause.Proves(t, "BOOT-22")
	t.Parallel()
	b := newContainer(t)
	b.script("etc/cont-init.d/01", "echo step")
	b.script("main-wrapper.sh", "echo ready; exec sleep 1000")
	s := onTerminal(b, "/main-wrapper.sh", "gateway", "run")
	s.shows("step\r\n")
	s.shows("ready\r\n")
	s.stop()
	s.expect(0)
}
