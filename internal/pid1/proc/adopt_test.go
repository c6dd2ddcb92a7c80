package proc

import (
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
)

// grandchild starts a process that the table does not wait for: its parent is a shell.
func grandchild(t *testing.T, script string) (pid int, end func()) {
	t.Helper()
	read, write := pipe(t)
	parent := exec.Command("/bin/sh", "-c", script)
	parent.Stdout = write
	parent.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	pid = readNumber(t, read)
	end = func() {
		_ = syscall.Kill(-parent.Process.Pid, syscall.SIGKILL)
		_, _ = parent.Process.Wait() // the reaper of a table may have been first
	}
	t.Cleanup(end)
	return pid, end
}

// The parent reaps at once.
const sleeps = "sleep 600 & echo $!; wait; sleep 600"

// The parent does not reap before it ends.
const unreaped = "sleep 600 & echo $!; exec sleep 600"

func adopt(t *testing.T, table *Table, pid int) *Child {
	t.Helper()
	start := StartOf(pid)
	if start == 0 {
		t.Fatalf("process %d has no start time", pid)
	}
	c := table.Adopt(pid, start)
	select {
	case <-c.Done():
		t.Fatalf("process %d is over", pid)
	default:
	}
	return c
}

// withoutPidfd makes the adoption one where a seccomp filter refuses the calls of pidfds.
func withoutPidfd(c *Child) {
	c.table.mu.Lock()
	defer c.table.mu.Unlock()
	c.closePidfd()
}

func TestAdoptedProcessEndsWithTheStatusThatIsReported(t *testing.T) {
	clause.Proves(t, "SUP-112")
	for name, c := range map[string]struct {
		script string
		pidfd  bool
	}{
		"pidfd": {sleeps, true}, "zombie": {unreaped, true}, "no pidfd": {sleeps, false}, "no pidfd, zombie": {unreaped, false},
	} {
		t.Run(name, func(t *testing.T) {
			pid, _ := grandchild(t, c.script)
			table := startTable(t)
			child := adopt(t, table, pid)
			start := child.start
			if !c.pidfd {
				withoutPidfd(child)
			}
			table.Exited(Exit{pid, start - 1, 5 << 8}) // of an earlier process
			table.Exited(Exit{pid, 0, 6 << 8})         // same, or it would be over
			if err := child.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			poll(t, "it is over", func() bool { return over(child) })
			table.Exited(Exit{pid, start, 7 << 8})
			if got := await(t, child); got != 7<<8 {
				t.Errorf("status %#x, want exit 7", got)
			}
			if err := errors.Join(child.Signal(syscall.SIGTERM), child.SignalGroup(syscall.SIGTERM)); !errors.Is(err, ErrGone) {
				t.Errorf("signal after the end: %v", err)
			}
		})
	}
}

func over(c *Child) bool {
	c.table.mu.Lock()
	defer c.table.mu.Unlock()
	return c.isOver()
}

func TestAdoptedProcessWithoutAReportEndsAsKilled(t *testing.T) {
	clause.Proves(t, "SUP-112")
	pid, end := grandchild(t, sleeps)
	table := startTable(t)
	child := adopt(t, table, pid)
	end()
	begin := time.Now()
	if got := await(t, child); got != StatusUnknown || !got.Signaled() || got.Signal() != syscall.SIGKILL {
		t.Errorf("status %#x", got)
	}
	if wait := time.Since(begin); wait < statusWait-10*time.Millisecond { // the timer began first
		t.Errorf("after %v, want %v", wait, statusWait)
	}
}

// A service may have died before its new supervisor looks.
func TestProcessThatIsOverIsAdoptedWithItsStatus(t *testing.T) {
	clause.Proves(t, "SUP-112")
	pid, end := grandchild(t, sleeps)
	start := StartOf(pid)
	table := startTable(t)
	end()
	poll(t, "it is gone", func() bool { return StartOf(pid) == 0 })
	table.Exited(Exit{pid, start, 3 << 8})
	table.Exited(Exit{pid, start + 1, 4 << 8}) // of the next one with this pid
	if got := await(t, table.Adopt(pid, start)); got != 3<<8 {
		t.Errorf("status %#x, want exit 3", got)
	}
	late := table.Adopt(pid, start+2)
	table.Exited(Exit{pid, start + 2, 5 << 8})
	if got := await(t, late); got != 5<<8 {
		t.Errorf("status %#x, want exit 5", got)
	}
}

// The number of an adopted process may be that of another one by now.
func TestReusedPidIsNeverHit(t *testing.T) {
	clause.Proves(t, "SUP-112")
	pid, _ := grandchild(t, sleeps)
	for name, pidfd := range map[string]bool{"pidfd": true, "no pidfd": false} {
		t.Run(name, func(t *testing.T) {
			table := startTable(t)
			child := table.Adopt(pid, StartOf(pid)-1) // of who had the number before
			if !pidfd {
				withoutPidfd(child)
			}
			if err := errors.Join(child.Signal(syscall.SIGKILL), child.SignalGroup(syscall.SIGKILL)); !errors.Is(err, ErrGone) {
				t.Errorf("signal: %v, want ErrGone", err)
			}
			if got := await(t, child); got != StatusUnknown {
				t.Errorf("status %#x", got)
			}
			if StartOf(pid) == 0 {
				t.Error("the other process is gone")
			}
		})
	}
}

func TestGroupOfAnAdoptedLeader(t *testing.T) {
	clause.Proves(t, "SUP-112")
	for name, pidfd := range map[string]bool{"pidfd": true, "no pidfd": false} {
		t.Run(name, func(t *testing.T) {
			pid, _ := grandchild(t, `setsid sh -c 'echo $$; sleep 600 & wait' & wait`)
			table := startTable(t)
			child := adopt(t, table, pid)
			if !pidfd {
				withoutPidfd(child)
			}
			if err := child.SignalGroup(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			await(t, child)
			poll(t, "the group is gone", func() bool { return syscall.Kill(-pid, 0) == syscall.ESRCH })
		})
	}
}
