package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/held"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/s6"
)

// TestMain makes this binary what /init executes as itself: the lock mode of lock-fd, and what waits for its record.
func TestMain(m *testing.M) {
	if os.Args[0] == s6.LockModeArgv0 {
		os.Exit(LockMain(os.Args[1:])) //nolint:forbidigo // this is a main
	}
	switch {
	case os.Args[0] == proc.ExecArgv0:
		os.Exit(proc.ExecMain(os.Args[1:])) //nolint:forbidigo // this is a main
	case os.Args[0] == asSupervisor:
		os.Exit(supervisorMain(os.Args[1:])) //nolint:forbidigo // same
	case os.Getenv("RUN_AS") == asRun:
		os.Exit(runMain()) //nolint:forbidigo // same
	}
	goleak.VerifyTestMain(m)
}

const patience = 30 * time.Second

// rig is one service with real processes.
type rig struct {
	*testing.T
	path    string
	dir     *held.Dir
	service *Service
	frozen  atomic.Bool
	panics  atomic.Int32 // steps that are to panic
	hold    sync.Mutex   // stops the supervisor in its next step
	oom     atomic.Uint64
	now     func() time.Time // nil: time.Now
	change  func(*Options)   // nil: as they are
	step    atomic.Int64     // of its wall clock
	out     *os.File

	mu  sync.Mutex
	log []string
}

func newRig(t *testing.T, files map[string]string) *rig {
	t.Helper()
	r := &rig{T: t, path: t.TempDir()}
	for name, text := range files {
		mode := os.FileMode(0o644)
		if name == "run" || name == "finish" {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(r.path, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *rig) start() *rig {
	r.Helper()
	procs, err := proc.NewTable()
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(procs.Close)
	if r.dir, err = held.Open(r.path, held.FollowAll); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = r.dir.Close() })
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = null.Close() })
	if r.out, err = os.Create(filepath.Join(r.TempDir(), "out")); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = r.out.Close() })
	o := Options{
		Dir: r.dir, Name: "foo", Procs: procs, Log: log.Logger{Sink: r.note}, Environ: os.Environ,
		Stdin: null, Stdout: r.out, Stderr: r.out, OOMKills: r.oom.Load, Now: r.now,
		Frozen: func() bool {
			r.hold.Lock()
			defer r.hold.Unlock()
			if r.panics.Add(-1) >= 0 {
				panic("made by the test")
			}
			return r.frozen.Load()
		},
	}
	if r.change != nil {
		r.change(&o)
	}
	r.service = Start(o)
	r.Cleanup(func() {
		r.service.Stop()
		r.service.Expire()
		r.wait(Gone)
	})
	return r
}

func (r *rig) note(level log.Level, _, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, level.String()+" "+text)
}

func (r *rig) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.log, "\n")
}

func (r *rig) wait(cond Cond) {
	r.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.service.Wait(ctx, cond); err != nil {
		r.Fatalf("condition %d: %v; status %+v; log:\n%s", cond, err, r.service.Status(), r.said())
	}
}

func (r *rig) poll(what string, ok func() bool) {
	r.Helper()
	for end := time.Now().Add(patience); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.Fatalf("gave up waiting: %s; log:\n%s", what, r.said())
		}
	}
}

func (r *rig) read(name string) string {
	b, _ := os.ReadFile(filepath.Join(r.path, name))
	return string(b)
}

const sleeper = "#!/bin/sh\necho $$ >>pids\nexec sleep 3600\n"

func TestLifeOnDisk(t *testing.T) {
	clause.Proves(t, "SUP-05", "SUP-11", "SUP-14")
	r := newRig(t, map[string]string{"run": sleeper, "down": ""}).start()
	r.poll("first status", func() bool { return r.read("supervise/status") != "" })
	status, err := s6.ReadStatus(r.path)
	if err != nil || !status.NotStarted || status.WantUp {
		t.Fatalf("first status %+v, %v", status, err)
	}
	r.service.Command("u")
	r.wait(Up)
	status, err = s6.ReadStatus(r.path)
	if err != nil || !status.Up() || status.NotStarted || status.PGID != status.Pid {
		t.Errorf("status %+v, %v", status, err)
	}
	if err := s6.SendControl(r.path, "d"); err != nil {
		t.Fatal(err)
	}
	r.wait(DownReady)
	deaths, err := s6.ReadTally(r.path)
	if err != nil || len(deaths) != 1 || deaths[0].ExitCode != 128+15 {
		t.Errorf("tally %v, %v", deaths, err)
	}
	r.service.Command("x")
	r.wait(Gone)
	if held, err := s6.Supervised(r.path); held || err != nil {
		t.Errorf("lock held after the end: %v, %v", held, err)
	}
}

func TestPanicIsAdopted(t *testing.T) {
	clause.Proves(t, "FAULT-09", "SUP-90")
	r := newRig(t, map[string]string{"run": sleeper}).start()
	r.wait(Up)
	pid := r.service.Status().Pid
	r.panics.Store(1)
	r.service.Command("O")
	r.poll("the panic is logged", func() bool { return strings.Contains(r.said(), "panic: made by the test") })
	r.service.Command("p")
	r.poll("the same run is paused", func() bool { return r.service.Status().Paused })
	if got := r.service.Status().Pid; got != pid {
		t.Errorf("pid %d, was %d", got, pid)
	}
	// The exit of a process that dies meanwhile is not lost.
	r.panics.Store(1)
	r.service.Command("c")
	r.poll("second panic", func() bool { return strings.Count(r.said(), "panic: made by the test") == 2 })
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	r.poll("a new run", func() bool { st := r.service.Status(); return st.Up() && st.Pid != pid })
	r.poll("two runs in all", func() bool { return strings.Count(r.read("pids"), "\n") == 2 })
}

func TestSetupIsTriedAgain(t *testing.T) {
	clause.Proves(t, "FAULT-11", "SUP-12")
	r := newRig(t, map[string]string{"run": sleeper, "supervise": "a file"}).start()
	r.poll("the cause", func() bool { return strings.Contains(r.said(), "supervise") })
	if err := os.Remove(filepath.Join(r.path, "supervise")); err != nil {
		t.Fatal(err)
	}
	r.service.RetrySetup()
	r.wait(Up)
}

// What a supervisor is told before it can supervise is not lost: nobody says it twice, and a boot may
// wait for it.
func TestLettersOutliveAFailedSetup(t *testing.T) {
	clause.Proves(t, "SUP-12", "SUP-66")
	r := newRig(t, map[string]string{"run": sleeper, "down": "", "supervise": "a file"}).start()
	r.poll("the cause", func() bool { return r.said() != "" })
	r.service.Command("u")
	r.service.RetrySetup()
	r.poll("another try", func() bool { return strings.Count(r.said(), "cannot supervise") > 1 })
	if err := os.Remove(filepath.Join(r.path, "supervise")); err != nil {
		t.Fatal(err)
	}
	r.service.RetrySetup()
	r.wait(Up)
}

// Whoever owns the service directory cannot make the supervisor wait.
func TestDownThatIsAFifo(t *testing.T) {
	clause.Proves(t, "SUP-101", "SUP-13")
	r := newRig(t, map[string]string{"run": sleeper})
	if err := unix.Mkfifo(filepath.Join(r.path, "down"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.service.Command("uD")
	r.poll("the cause", func() bool { return strings.Contains(r.said(), `cannot create file "down"`) })
	r.wait(DownReady)
}

func TestStopEndsAFailedSetup(t *testing.T) {
	r := newRig(t, map[string]string{"event": "a file"}).start()
	r.poll("the cause", func() bool { return r.said() != "" })
	r.service.Command("u") // changes nothing
	r.service.Stop()
	r.wait(Gone)
}

func TestRunThatCannotStart(t *testing.T) {
	clause.Proves(t, "SUP-26", "SUP-28")
	r := newRig(t, map[string]string{"run": "echo no shebang\n"}).start()
	r.poll("the cause", func() bool { return strings.Contains(r.said(), "exec format error") })
	if st := r.service.Status(); !st.NotStarted || st.Pid != 0 {
		t.Errorf("status %+v", st)
	}
	r.poll("the cause for those who ask", func() bool {
		f, failing, _ := s6.ReadStartFailure(r.path)
		return failing && strings.Contains(f.Cause, "exec format error") && !f.Next.IsZero()
	})
	if err := os.WriteFile(filepath.Join(r.path, "run"), []byte(sleeper), 0o755); err != nil {
		t.Fatal(err)
	}
	r.poll("it starts by itself", func() bool { return r.service.Status().Up() })
	r.poll("the cause is gone", func() bool { return r.read("supervise/unstarted") == "" })
}

func TestSameDescriptorTwiceIsRefused(t *testing.T) {
	clause.Proves(t, "SUP-28")
	r := newRig(t, map[string]string{"run": sleeper, "notification-fd": "5", "lock-fd": "5"}).start()
	r.poll("the cause", func() bool { return strings.Contains(r.said(), "notification-fd and lock-fd are both 5") })
	r.poll("the cause for those who ask", func() bool {
		f, failing, _ := s6.ReadStartFailure(r.path)
		return failing && strings.Contains(f.Cause, "are both 5") && f.Next.IsZero()
	})
	if err := os.Remove(filepath.Join(r.path, "lock-fd")); err != nil {
		t.Fatal(err)
	}
	r.service.Command("u")
	r.wait(Up)
}

func TestWaitKnowsPermanentFailure(t *testing.T) {
	clause.Proves(t, "SLOT-10", "SUP-22")
	r := newRig(t, map[string]string{
		"run": "#!/bin/sh\nexit 1\n", "finish": "#!/bin/sh\nexit 125\n", "notification-fd": "3",
	}).start()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.service.Wait(ctx, Ready); !errors.Is(err, ErrFailed) {
		t.Errorf("wait: %v, want ErrFailed", err)
	}
	r.wait(DownReady)
	if r.service.Status().WantUp {
		t.Error("still wanted")
	}
	r.service.Command("x")
	r.wait(Gone)
	if err := r.service.Wait(ctx, Up); !errors.Is(err, ErrEnded) {
		t.Errorf("wait after the end: %v, want ErrEnded", err)
	}
}

func TestWaitSeesAnInstant(t *testing.T) {
	clause.Proves(t, "SUP-66")
	r := newRig(t, map[string]string{"run": "#!/bin/sh\nexit 0\n"}).start()
	for range 3 {
		r.wait(Up) // the next start at the latest
	}
}

// TestNewlineBeforeTheExitCounts: the supervisor is held while run becomes
// ready and dies, so it finds both at once.
func TestNewlineBeforeTheExitCounts(t *testing.T) {
	clause.Proves(t, "SUP-23")
	r := newRig(t, map[string]string{
		"run":             "#!/bin/sh\nuntil test -e go; do sleep 0.01; done\nprintf 'abc\\nd' >&3\nexit 0\n",
		"notification-fd": "3", "down": "",
	}).start()
	for range 6 { // a select chooses at random
		events := r.subscribe()
		r.service.Command("o")
		r.poll("up", func() bool { return r.service.Status().Up() })
		pid := r.service.Status().Pid
		r.hold.Lock()
		r.service.Command("O")
		if err := os.WriteFile(filepath.Join(r.path, "go"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		r.poll("run is reaped", func() bool {
			_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
			return err != nil
		})
		r.hold.Unlock()
		r.wait(DownReady)
		if err := os.Remove(filepath.Join(r.path, "go")); err != nil {
			t.Fatal(err)
		}
		r.poll("all events", func() bool { return strings.HasSuffix(events(), "D") })
		if got := events(); got != "uUdD" {
			t.Fatalf("events %q, want uUdD", got)
		}
	}
}

// subscribe returns what tells all events since.
func (r *rig) subscribe() func() string {
	r.Helper()
	path := filepath.Join(r.path, "event", fmt.Sprintf("ftrig1:@%024d:%06d", 0, 0))
	r.poll("event directory", func() bool { return r.read("supervise/status") != "" })
	_ = os.Remove(path) // of the last round
	if err := unix.Mkfifo(path, 0o600); err != nil {
		r.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = unix.Close(fd) })
	seen := ""
	return func() string {
		buf := make([]byte, 64)
		if n, err := unix.Read(fd, buf); err == nil {
			seen += string(buf[:n])
		}
		return seen
	}
}

func TestSurroundingsOfRun(t *testing.T) {
	clause.Proves(t, "SUP-25", "SUP-87")
	r := newRig(t, map[string]string{
		"run": "#!/bin/sh\n{ pwd; umask; echo \"$0 $*\"; cat; echo end; } >seen\nexec ls /proc/self/fd >fds\n",
	}).start()
	r.poll("run has looked", func() bool { return r.read("fds") != "" })
	if want := r.path + "\n0022\n./run foo\nend\n"; r.read("seen") != want {
		t.Errorf("run saw\n%s, want\n%s", r.read("seen"), want)
	}
	for name := range strings.FieldsSeq(r.read("fds")) {
		fd, err := strconv.Atoi(name)
		if err != nil {
			t.Fatal(err)
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		inherited := err == nil && flags&unix.FD_CLOEXEC == 0
		if fd > 3 && !inherited { // 3: the list itself
			t.Errorf("run has descriptor %d", fd)
		}
	}
}

func TestBackoffFileOfACrashLoop(t *testing.T) {
	clause.Proves(t, "SUP-43")
	r := newRig(t, map[string]string{"run": "#!/bin/sh\nexit 9\n", "down": ""}).start()
	r.poll("supervised", func() bool { return r.read("supervise/status") != "" })
	for n := 1; n <= 6; n++ {
		r.poll("down", func() bool { return r.service.Status().Pid == 0 })
		before := len(r.read("supervise/death_tally"))
		if n == 1 {
			r.service.Command("u")
		}
		r.poll("a death", func() bool { return len(r.read("supervise/death_tally")) > before })
	}
	r.poll("the file", func() bool { return r.read("supervise/backoff") != "" })
	b, crashing, err := s6.ReadBackoff(r.path)
	if err != nil || !crashing || b.Fails != 6 {
		t.Errorf("backoff %+v, %v, %v", b, crashing, err)
	}
	if said := r.said(); strings.Count(said, "crash loop: 6 fast deaths, last exit code 9, next start in ") != 1 {
		t.Errorf("log:\n%s", said)
	}
	r.service.Command("D")
	r.service.Command("U")
	r.poll("the file is gone", func() bool { return r.read("supervise/backoff") == "" })
}

func TestALoggerHasNoBrake(t *testing.T) {
	clause.Proves(t, "SUP-42")
	for _, logger := range []bool{false, true} {
		r := newRig(t, map[string]string{"run": sleeper})
		r.change = func(o *Options) { o.Logger = logger }
		r.start()
		config := (&runner{Service: r.service}).readConfig()
		if brake := config.RestartMax > 0; brake == logger {
			t.Errorf("logger %v has restart-max %v", logger, config.RestartMax)
		}
	}
}
