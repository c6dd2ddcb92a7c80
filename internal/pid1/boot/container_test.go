package boot_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"caduceus/internal/rig"
)

// The tests of package boot_test run the built /init as the real PID 1 of a rig.

var built struct { // by TestMain
	dir    string
	init   string
	reason string // why there is none
}

func TestMain(m *testing.M) {
	rig.Enter()
	if os.Geteuid() != 0 {
		built.reason = "needs root for namespaces"
		m.Run()
		return
	}
	dir, err := os.MkdirTemp("", "init")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	built.dir, built.init = dir, filepath.Join(dir, "init")
	args := append([]string{"build", "-o", built.init}, buildFlags()...)
	if out, err := exec.Command("go", append(args, "caduceus/cmd/hermes-init")...).CombinedOutput(); err != nil {
		panic(fmt.Sprintf("cannot build /init: %v\n%s", err, out))
	}
	m.Run()
}

// container is one that has not started yet.
type container struct {
	t     *testing.T
	entry rig.Entry
	root  rig.Root

	stderr *os.File // in place of a buffer
	extra  *os.File // descriptor 3
	one    bool     // both streams are one pipe
}

// together makes stdout and stderr one pipe, so that what scripts, services and CMD print keeps its order: it is the stdout of the
// process, and the log of the init its stderr.
func (b *container) together() *container {
	b.one = true
	return b
}

func newContainer(t *testing.T) *container {
	t.Helper()
	if built.init == "" {
		t.Skip(built.reason)
	}
	root, err := rig.NewRoot(t.TempDir())
	b := &container{t: t, root: root, entry: rig.Entry{
		RunMode: "1777",
		Env:     []string{"PATH=/usr/bin:/bin", "GORACE=atexit_sleep_ms=0"},
	}}
	b.must(err)
	b.must(os.Mkdir(b.path("command"), 0o755))
	for _, name := range []string{"with-contenv", "printcontenv", "s6-svstat", "s6-sleep"} {
		b.must(os.Symlink("/init", b.path("command/"+name)))
	}
	b.must(os.Link(built.init, b.path("init")))
	b.must(os.Chmod(b.root.Dir, 0o755))
	return b
}

func (b *container) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *container) path(p string) string { return b.root.Path(p) }

// file writes a file of the container; script one that is executable.
func (b *container) file(path, content string, mode os.FileMode) {
	b.t.Helper()
	b.must(os.MkdirAll(filepath.Dir(b.path(path)), 0o755))
	b.must(os.WriteFile(b.path(path), []byte(content), mode))
}

func (b *container) script(path, body string) {
	b.t.Helper()
	b.file(path, "#!/bin/sh\n"+body+"\n", 0o755)
}

// setenv sets variables of /init, NAME=VALUE; the last value counts.
func (b *container) setenv(vars ...string) {
	for _, kv := range vars {
		name, _, _ := strings.Cut(kv, "=")
		b.entry.Env = slices.DeleteFunc(b.entry.Env, func(old string) bool { return strings.HasPrefix(old, name+"=") })
		b.entry.Env = append(b.entry.Env, kv)
	}
}

// logLimits makes /init log which waits of the stop end at their limits, and gives all of them so long
// a limit that no load of the host makes one reach it.
func (b *container) logLimits() {
	b.setenv("S6_VERBOSITY=3", "S6_KILL_GRACETIME=60000", "S6_SERVICES_GRACETIME=60000", "S6_KILL_FINISH_MAXTIME=60000")
}

// longrun makes a service definition in bundle user.
func (b *container) longrun(name, run string, files ...string) {
	b.t.Helper()
	dir := "etc/s6-overlay/s6-rc.d/"
	b.file(dir+name+"/type", "longrun\n", 0o644)
	b.script(dir+name+"/run", run)
	b.file(dir+"user/type", "bundle\n", 0o644)
	b.file(dir+"user/contents.d/"+name, "", 0o644)
	for _, f := range files {
		file, content, _ := strings.Cut(f, "=")
		b.file(dir+name+"/"+file, content, 0o644)
	}
}

// initProcess is a running /init.
type initProcess struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout fmt.Stringer
	stderr fmt.Stringer
	ended  chan struct{}
	code   int
}

// logLine is a line of the init's own log.
var logLine = regexp.MustCompile(`(?m)^[a-z0-9-]+: (fatal|warning|info|debug): .*\n`)

// view is a buffer without the init's log, or that log alone.
type view struct {
	of  *buffer
	log bool
}

func (v view) String() string {
	if v.log {
		return strings.Join(logLine.FindAllString(v.of.String(), -1), "")
	}
	return logLine.ReplaceAllString(v.of.String(), "")
}

// buffer may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start starts /init with these arguments; tty, if any, becomes its controlling terminal.
func (b *container) start(tty *os.File, args ...string) *initProcess {
	b.t.Helper()
	b.entry.Argv = append([]string{"/init"}, args...)
	command, err := b.root.Command(b.entry)
	b.must(err)
	p := &initProcess{t: b.t, ended: make(chan struct{}), cmd: command}
	out, errs := &buffer{}, &buffer{}
	p.stdout, p.stderr, p.cmd.Stdout, p.cmd.Stderr = out, errs, out, errs
	if b.one {
		p.stdout, p.stderr, p.cmd.Stderr = view{of: out}, view{of: out, log: true}, out
	}
	if b.stderr != nil {
		p.cmd.Stderr = b.stderr
	}
	if b.extra != nil {
		p.cmd.ExtraFiles = []*os.File{b.extra}
	}
	if tty != nil {
		p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = tty, tty, tty
		p.cmd.SysProcAttr.Setctty = true
	}
	p.cmd.WaitDelay = 10 * time.Second
	err = p.cmd.Start()
	if errors.Is(err, unix.EPERM) {
		b.t.Skip("makes namespaces, which needs CAP_SYS_ADMIN: ", err)
	}
	b.must(err)
	go func() {
		defer close(p.ended)
		err := p.cmd.Wait()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			ws := exit.Sys().(syscall.WaitStatus)
			p.code = ws.ExitStatus()
			if ws.Signaled() {
				p.code = -int(ws.Signal())
			}
		} else if err != nil {
			p.code = -1000
		}
	}()
	b.t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// run starts /init and waits for its end.
func (b *container) run(args ...string) *initProcess {
	b.t.Helper()
	p := b.start(nil, args...)
	p.wait()
	return p
}

func (p *initProcess) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(2 * time.Minute):
		p.t.Fatalf("/init does not end; stdout:\n%s\nstderr:\n%s", p.stdout.String(), p.stderr.String())
	}
	if strings.Contains(p.stderr.String(), "DATA RACE") {
		p.t.Errorf("data race in /init:\n%s", p.stderr.String())
	}
	return p.code
}

func (p *initProcess) signal(sig syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// stop sends TERM and waits for the end.
func (p *initProcess) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	p.wait()
}

// reached fails the test unless exactly these limits ended waits of the stop, by the log of the init
// itself: how long a stop takes depends on the host. The limit of loggers does not count, which
// is as short as a busy host's delays; package scan has its tests.
func (p *initProcess) reached(limits ...string) {
	p.t.Helper()
	var got []string
	stopped := false
	for line := range strings.Lines(p.stderr.String()) {
		text, found := strings.CutPrefix(strings.TrimSpace(line), "init: debug: stop: ")
		switch {
		case found && strings.HasPrefix(text, "deadline in "):
			stopped = true
		case found && !strings.HasPrefix(text, "loggers: "):
			got = append(got, text)
		}
	}
	if !stopped {
		p.t.Errorf("there is no stop in the log; is S6_VERBOSITY 3? stderr:\n%s", p.stderr.String())
	}
	if diff := cmp.Diff(limits, got, cmpopts.EquateEmpty()); diff != "" {
		p.t.Errorf("limits that were expected (-) and reached (+):\n%s\nstderr:\n%s", diff, p.stderr.String())
	}
}

// inside is a path of the container as the running /init sees it.
func (p *initProcess) inside(path string) string {
	return fmt.Sprintf("/proc/%d/root%s", p.cmd.Process.Pid, path)
}

func (p *initProcess) expect(code int) {
	p.t.Helper()
	if got := p.wait(); got != code {
		p.t.Fatalf("exit code %d, want %d; stdout:\n%s\nstderr:\n%s", got, code, p.stdout.String(), p.stderr.String())
	}
}

// until polls for a condition, named by what.
func (p *initProcess) until(what string, holds func() bool) {
	p.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !holds() {
		select {
		case <-tick.C:
		case <-p.ended:
			if holds() {
				return
			}
			p.t.Fatalf("/init ended with %d before %s; stdout:\n%s\nstderr:\n%s", p.code, what, p.stdout.String(), p.stderr.String())
		case <-limit:
			p.t.Fatalf("gave up waiting for %s; stdout:\n%s\nstderr:\n%s", what, p.stdout.String(), p.stderr.String())
		}
	}
}

// prints waits for a text on stdout, of CMD or a script.
func (p *initProcess) prints(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("stdout with %q", text), func() bool { return strings.Contains(p.stdout.String(), text) })
}
