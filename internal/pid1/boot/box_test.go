package boot_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests of this file's kind run the built /init as the real PID 1 of new namespaces, in a root
// directory of its own: the host's programs, its own /etc, a fresh /run.

// boxEnv makes the test binary the helper that prepares the namespaces and becomes /init.
const boxEnv = "CADUCEUS_TEST_BOX"

var built struct { // by TestMain
	init   string
	reason string // why there is none
}

func TestMain(m *testing.M) {
	if spec := os.Getenv(boxEnv); spec != "" {
		panic(enterBox(spec))
	}
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
	built.init = filepath.Join(dir, "init")
	args := append([]string{"build", "-o", built.init}, buildFlags()...)
	if out, err := exec.Command("go", append(args, "caduceus/cmd/hermes-init")...).CombinedOutput(); err != nil {
		panic(fmt.Sprintf("cannot build /init: %v\n%s", err, out))
	}
	m.Run()
}

// boxSpec is what the helper is told.
type boxSpec struct {
	Root       string
	Argv       []string
	UID        int
	RunFlags   uintptr // mount flags of /run
	RunMode    string
	RunDir     bool // /run is a directory of the root, kept from start to start
	ReadOnly   bool
	Drop       []uintptr // capabilities
	NoNewPrivs bool
	UserNS     bool // root of a user namespace
	Umask      int
	Below      bool // /init is not PID 1, the helper is
	Background bool // and does not give it the terminal
	Dir        string
	Cgroup     string // to be put into
	Tasks      uint64 // RLIMIT_NPROC
}

// enterBox runs as PID 1 of the new namespaces and ends by becoming /init.
func enterBox(spec string) error {
	var s boxSpec
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		return err
	}
	steps := []func() error{
		func() error { return enterLimits(s) },
		func() error { return dropBounding(s.Drop) }, // counts from the exec on
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount(s.Root, s.Root, "", unix.MS_BIND, "") },
	}
	for _, dir := range []string{"/usr", "/bin", "/lib", "/lib64", "/dev"} {
		if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
			continue
		}
		steps = append(steps, func() error { return unix.Mount(dir, s.Root+dir, "", unix.MS_BIND|unix.MS_REC, "") })
	}
	if s.ReadOnly {
		steps = append(steps, func() error { return unix.Mount("", s.Root, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "") })
	}
	steps = append(steps,
		func() error { return unix.Mount("proc", s.Root+"/proc", "proc", 0, "") },
		func() error {
			if s.RunDir {
				return nil
			}
			return unix.Mount("tmpfs", s.Root+"/run", "tmpfs", s.RunFlags, "mode="+s.RunMode)
		},
		func() error { return unix.Mount("tmpfs", s.Root+"/tmp", "tmpfs", 0, "mode=1777") },
		func() error { return unix.Chroot(s.Root) },
		func() error { return unix.Chdir(s.Dir) },
		func() error {
			if s.UserNS { // where the kernel forbids it
				return nil
			}
			return unix.Setgroups(nil) // whoever runs the tests may have some
		},
		func() error { return unix.Setresgid(s.UID, s.UID, s.UID) },
		func() error { return unix.Setresuid(s.UID, s.UID, s.UID) },
	)
	if s.NoNewPrivs {
		steps = append(steps, func() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })
	}
	unix.Umask(s.Umask)
	for i, do := range steps {
		if err := do(); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, boxEnv) {
			env = append(env, kv)
		}
	}
	if s.Below {
		return superviseInit(s.Argv, env, s.Background)
	}
	return unix.Exec("/init", s.Argv, env)
}

func dropBounding(capabilities []uintptr) error {
	for _, c := range capabilities {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// superviseInit is another init with /init below it, as engines put one there: it gives the child
// the foreground of the terminal, forwards TERM and ends with the child's code.
func superviseInit(argv, env []string, background bool) error {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	init := &exec.Cmd{Path: "/init", Args: argv, Env: env, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	if _, err := unix.IoctlGetInt(0, unix.TIOCGSID); err == nil {
		signal.Ignore(syscall.SIGTTOU, syscall.SIGTTIN)
		init.SysProcAttr = &syscall.SysProcAttr{Foreground: !background, Setpgid: background, Ctty: 0}
	}
	if err := init.Start(); err != nil {
		return err
	}
	go func() {
		for range term {
			_ = init.Process.Signal(syscall.SIGTERM)
		}
	}()
	if err := init.Wait(); init.ProcessState == nil {
		return err
	}
	syscall.Exit(init.ProcessState.ExitCode())
	return nil
}

// box is a container to be.
type box struct {
	t    *testing.T
	spec boxSpec
	env  []string

	stderr *os.File // in place of a buffer
	extra  *os.File // descriptor 3
}

func newBox(t *testing.T) *box {
	t.Helper()
	if built.init == "" {
		t.Skip(built.reason)
	}
	b := &box{t: t, spec: boxSpec{Root: t.TempDir(), RunMode: "1777", Dir: "/"}, env: []string{"PATH=/usr/bin:/bin", "GORACE=atexit_sleep_ms=0"}}
	for _, dir := range []string{"usr", "bin", "lib", "lib64", "dev", "proc", "run", "tmp", "etc", "command", "var"} {
		if target, err := os.Readlink("/" + dir); err == nil && dir != "var" {
			b.must(os.Symlink(target, b.path(dir)))
			continue
		}
		b.must(os.Mkdir(b.path(dir), 0o755))
	}
	b.must(os.Symlink("/run", b.path("var/run")))
	for _, name := range []string{"with-contenv", "printcontenv", "s6-svstat", "s6-sleep"} {
		b.must(os.Symlink("/init", b.path("command/"+name)))
	}
	b.must(os.Link(built.init, b.path("init")))
	b.must(os.Chmod(b.spec.Root, 0o755))
	return b
}

func (b *box) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *box) path(p string) string { return filepath.Join(b.spec.Root, p) }

// file writes a file of the box; script one that is executable.
func (b *box) file(path, content string, mode os.FileMode) {
	b.t.Helper()
	b.must(os.MkdirAll(filepath.Dir(b.path(path)), 0o755))
	b.must(os.WriteFile(b.path(path), []byte(content), mode))
}

func (b *box) script(path, body string) {
	b.t.Helper()
	b.file(path, "#!/bin/sh\n"+body+"\n", 0o755)
}

func (b *box) setenv(kv ...string) { b.env = append(b.env, kv...) }

// longrun makes a service definition in bundle user.
func (b *box) longrun(name, run string, files ...string) {
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
	stdout buffer
	stderr buffer
	ended  chan struct{}
	code   int
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
func (b *box) start(tty *os.File, args ...string) *initProcess {
	b.t.Helper()
	b.spec.Argv = append([]string{"/init"}, args...)
	spec, err := json.Marshal(b.spec)
	b.must(err)
	p := &initProcess{t: b.t, ended: make(chan struct{}), cmd: exec.Command("/proc/self/exe")}
	p.cmd.Env = append([]string{boxEnv + "=" + string(spec)}, b.env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS, Setsid: true}
	if b.spec.UserNS {
		p.cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		ids := []syscall.SysProcIDMap{{HostID: 0, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65535}}
		p.cmd.SysProcAttr.UidMappings, p.cmd.SysProcAttr.GidMappings = ids, ids
		p.cmd.SysProcAttr.GidMappingsEnableSetgroups = true
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
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
func (b *box) run(args ...string) *initProcess {
	b.t.Helper()
	p := b.start(nil, args...)
	p.wait()
	return p
}

func (p *initProcess) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(60 * time.Second):
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

// stop sends TERM and gives how long the end took.
func (p *initProcess) stop() time.Duration {
	p.t.Helper()
	began := time.Now()
	p.signal(syscall.SIGTERM)
	p.wait()
	return time.Since(began)
}

// inside is a path of the box as the running /init sees it.
func (p *initProcess) inside(path string) string {
	return fmt.Sprintf("/proc/%d/root%s", p.cmd.Process.Pid, path)
}

func (p *initProcess) expect(code int) {
	p.t.Helper()
	if got := p.wait(); got != code {
		p.t.Fatalf("exit code %d, want %d; stdout:\n%s\nstderr:\n%s", got, code, p.stdout.String(), p.stderr.String())
	}
}

// until polls for a condition; what says what was waited for.
func (p *initProcess) until(what string, holds func() bool) {
	p.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
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

// says waits for a text on stdout.
func (p *initProcess) says(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("stdout with %q", text), func() bool { return strings.Contains(p.stdout.String(), text) })
}

var _ io.Writer = (*buffer)(nil)
