package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// No goroutine outlives its table. This binary is also the process that waits before its exec.
func TestMain(m *testing.M) {
	if os.Args[0] == ExecArgv0 {
		os.Exit(ExecMain(os.Args[1:])) //nolint:forbidigo // this is a main
	}
	goleak.VerifyTestMain(m)
}

func startTable(t *testing.T) *Table {
	t.Helper()
	table, err := NewTable()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Close)
	return table
}

func sh(script string) Spec {
	return Spec{Path: "/bin/sh", Argv: []string{"sh", "-c", script}, Env: []string{"PATH=/usr/bin:/bin"}}
}

func spawn(t *testing.T, table *Table, s Spec) *Child {
	t.Helper()
	child, err := table.Spawn(s)
	if err != nil {
		t.Fatalf("cannot spawn %q: %v", s.Argv, err)
	}
	return child
}

func await(t *testing.T, c *Child) syscall.WaitStatus {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(30 * time.Second):
		t.Fatalf("child %d did not end", c.Pid())
	}
	return c.Status()
}

// poll waits until ok holds.
func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("gave up waiting: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestNoExitCodeIsLost(t *testing.T) {
	clause.Proves(t, "FAULT-02", "FAULT-03", "SUP-85")
	table := startTable(t)
	const workers, each = 8, 250
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				code := (w*each + i) % 256
				child, err := table.Spawn(sh(fmt.Sprintf("exit %d", code)))
				if err != nil {
					t.Errorf("cannot spawn: %v", err)
					return
				}
				<-child.Done()
				if got := child.Status(); !got.Exited() || got.ExitStatus() != code {
					t.Errorf("status %#x, want exit %d", got, code)
				}
			}
		})
	}
	wg.Wait()
	if n := len(table.children) + len(table.unknown); n != 0 {
		t.Errorf("%d entries left in the table", n)
	}
}

func TestDeathBySignalIsRaw(t *testing.T) {
	clause.Proves(t, "FAULT-03", "SUP-85")
	table := startTable(t)
	for sig := syscall.Signal(1); sig <= 64; sig++ {
		switch sig {
		case 32, 33, syscall.SIGCHLD, syscall.SIGCONT, syscall.SIGSTOP, syscall.SIGTSTP,
			syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGURG, syscall.SIGWINCH:
			continue // the default of these is not death
		}
		got := await(t, spawn(t, table, sh(fmt.Sprintf("ulimit -c 0; kill -%d $$; exit 9", sig))))
		if !got.Signaled() || got.Signal() != sig {
			t.Errorf("status %#x, want death by %d", got, sig)
		}
	}
}

func TestThousandOrphansLeaveNoZombie(t *testing.T) {
	clause.Proves(t, "FAULT-01")
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	table := startTable(t)
	script := "i=0; while [ $i -lt 100 ]; do (true & ) & i=$((i+1)); done; exit 7"
	var parents []*Child
	for range 10 {
		parents = append(parents, spawn(t, table, sh(script)))
	}
	for _, p := range parents {
		if got := await(t, p); got.ExitStatus() != 7 {
			t.Errorf("status %#x, want exit 7", got)
		}
	}
	poll(t, "no child is left", func() bool {
		return errors.Is(unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil), unix.ECHILD)
	})
}

func TestExecErrorIsTheErrno(t *testing.T) {
	table := startTable(t)
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) string {
		path := dir + "/" + name
		if err := os.WriteFile(path, []byte("echo no shebang\n"), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		path string
		want syscall.Errno
	}{
		{dir + "/missing", syscall.ENOENT},
		{write("plain", 0o644), syscall.EACCES},
		{write("noformat", 0o755), syscall.ENOEXEC},
		{dir + "/plain/below", syscall.ENOTDIR},
	}
	for _, tt := range tests {
		if _, err := table.Spawn(Spec{Path: tt.path, Argv: []string{tt.path}}); !errors.Is(err, tt.want) {
			t.Errorf("Spawn(%q) = %v, want %v", tt.path, err, tt.want)
		}
	}
	if table.spawning != 0 {
		t.Errorf("%d spawns still in flight", table.spawning)
	}
}

func TestAChildStartsWithCleanSignalsAndDescriptors(t *testing.T) {
	clause.Proves(t, "FAULT-04", "SUP-106", "SUP-86", "SUP-87")
	table := startTable(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	blocked := unix.Sigset_t{}
	blocked.Val[0] = 1<<(syscall.SIGTERM-1) | 1<<(syscall.SIGUSR1-1)
	var old unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &blocked, &old); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) }()

	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// No shell: dash unblocks all signals by itself.
	child := spawn(t, table, Spec{
		Path: "/bin/cat", Argv: []string{"cat", "/proc/self/status"}, Files: []*os.File{nil, w, os.Stderr},
	})
	_ = w.Close()
	var out bytes.Buffer
	_, _ = out.ReadFrom(r)
	await(t, child)
	for _, want := range []string{"SigBlk:\t0000000000000000\n", "SigIgn:\t0000000000000000\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, &out)
		}
	}
}

// TestChildStartsCleanBelowNohup: the Go runtime takes over all signals that were ignored at the start
// but two, which a child would inherit.
func TestChildStartsCleanBelowNohup(t *testing.T) {
	clause.Proves(t, "FAULT-04", "SUP-86")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const script = `trap "" HUP INT QUIT TERM USR1 PIPE 35; exec "$0" -test.count 2 -test.run "^TestAChildStartsWithCleanSignalsAndDescriptors$"`
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script, self)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v:\n%s", err, out)
	}
}

func TestSignalsStopAtTheReap(t *testing.T) {
	clause.Proves(t, "SUP-102")
	table := startTable(t)
	child := spawn(t, table, sh("sleep 600 & wait"))
	if sid, err := unix.Getsid(child.Pid()); sid != child.Pid() {
		t.Errorf("child %d is in session %d: %v", child.Pid(), sid, err)
	}
	if err := child.SignalGroup(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := await(t, child); got.Signal() != syscall.SIGKILL {
		t.Errorf("status %#x, want death by KILL", got)
	}
	if err := child.Signal(syscall.SIGTERM); !errors.Is(err, ErrGone) {
		t.Errorf("signal after the reap: %v, want ErrGone", err)
	}
	if err := child.SignalGroup(syscall.SIGTERM); !errors.Is(err, ErrGone) {
		t.Errorf("group signal after the reap: %v, want ErrGone", err)
	}
}

func TestStatusOfAnEarlierOwnerOfThePidIsNotClaimed(t *testing.T) {
	clause.Proves(t, "SUP-103")
	table := startTable(t)
	table.begin()
	pid, err := forkExec("/bin/sleep", []string{"sleep", "600"}, &syscall.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	table.mu.Lock()
	table.unknown[pid] = 0x0300 // as if an orphan with this pid had been reaped before
	table.mu.Unlock()
	child := table.end(pid)
	select {
	case <-child.Done():
		t.Fatalf("child took the status %#x of another", child.Status())
	default:
	}
	if err := child.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, child)
}

func TestStatusReapedBeforeTheEntryIsClaimed(t *testing.T) {
	clause.Proves(t, "SUP-103")
	table := startTable(t)
	table.begin()
	pid, err := forkExec("/bin/sh", []string{"sh", "-c", "exit 5"}, &syscall.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	poll(t, "the reaper has the status", func() bool {
		table.mu.Lock()
		defer table.mu.Unlock()
		_, has := table.unknown[pid] // and maybe orphans of other tests
		return has
	})
	if got := await(t, table.end(pid)); got.ExitStatus() != 5 {
		t.Errorf("status %#x, want exit 5", got)
	}
	if len(table.unknown) != 0 {
		t.Errorf("%d statuses left", len(table.unknown))
	}
}

// TestAHangingExecStopsNothing: a spawn waits for an exec that a lease on the program holds up, as a
// dead file system would. Others are spawned, signalled and reaped meanwhile.
func TestAHangingExecStopsNothing(t *testing.T) {
	clause.Proves(t, "SUP-103")
	// A collection would wait for the thread that forks, and all of the process for the collection: the
	// limit that SUP-103 names.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	table := startTable(t)
	path := t.TempDir() + "/run"
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	leased, err := os.Open(path) // not for writing, which would refuse the exec
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = leased.Close() }()
	if _, err := unix.FcntlInt(leased.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Fatalf("cannot lease a file: %v", err)
	}
	released := make(chan syscall.WaitStatus, 1)
	began := time.Now()
	go func() {
		child, err := table.Spawn(Spec{Path: path, Argv: []string{"run"}})
		if err != nil {
			t.Errorf("spawn after the lease: %v", err)
			close(released)
			return
		}
		<-child.Done()
		released <- child.Status()
	}()
	poll(t, "the lease is asked back", func() bool {
		kind, err := unix.FcntlInt(leased.Fd(), unix.F_GETLEASE, 0)
		return err == nil && kind != unix.F_WRLCK
	})
	for code := range 20 {
		if got := await(t, spawn(t, table, sh(fmt.Sprintf("exit %d", code)))); got.ExitStatus() != code {
			t.Errorf("status %#x, want exit %d", got, code)
		}
	}
	sleeper := spawn(t, table, sh("exec sleep 600"))
	if err := sleeper.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("signal: %v", err)
	}
	await(t, sleeper)
	select {
	case status := <-released:
		t.Fatalf("the exec did not hang: %#x; the kernel breaks a lease after /proc/sys/fs/lease-break-time, and %v have passed", status, time.Since(began))
	default:
	}
	if _, err := unix.FcntlInt(leased.Fd(), unix.F_SETLEASE, unix.F_UNLCK); err != nil {
		t.Fatal(err)
	}
	if got := <-released; got.ExitStatus() != 3 {
		t.Errorf("status %#x after the lease, want exit 3", got)
	}
}

// The first child finds them, however soon it is spawned.
func TestThreadsAreMadeBeforeTheyAreNeeded(t *testing.T) {
	clause.Proves(t, "SUP-101")
	table := startTable(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	child := spawn(t, table, Spec{
		Path: "/bin/ls", Argv: []string{"ls", fmt.Sprintf("/proc/%d/task", os.Getpid())}, Files: []*os.File{nil, w, os.Stderr},
	})
	_ = w.Close()
	var out bytes.Buffer
	_, _ = out.ReadFrom(r)
	await(t, child)
	if got, want := len(strings.Fields(out.String())), spareThreads(os.ReadFile); got < want {
		t.Errorf("%d threads, want at least %d", got, want)
	}
}

func TestSignalAllHitsDescendantsOnly(t *testing.T) {
	clause.Proves(t, "SUP-81")
	table := startTable(t)
	child := spawn(t, table, sh("setsid sleep 600 & exec sleep 600"))
	poll(t, "both are seen", func() bool { return table.Others(0) >= 2 })
	table.SignalAll(syscall.SIGKILL)
	if got := await(t, child); got.Signal() != syscall.SIGKILL {
		t.Errorf("status %#x, want death by KILL", got)
	}
	poll(t, "no descendant lives", func() bool { return table.Others(0) == 0 })
}
