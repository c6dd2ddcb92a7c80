package s6

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait, for a busy machine. With a mutant a short one will do.
func patience() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("HERMES_TEST_PATIENCE")); err == nil {
		return d
	}
	return 30 * time.Second
}

// subject is the program that is tested as s6-svscan: this binary, or any other that
// HERMES_TEST_INIT names.
func subject() string { return cmp.Or(os.Getenv("HERMES_TEST_INIT"), "/proc/self/exe") }

// tools are the programs that the suite needs from Debian's s6 and execline.
const tools = "s6-svscan s6-svstat s6-svc s6-svwait s6-svok s6-svscanctl s6-svdt s6-svdt-clear s6-log"

// needTools skips with a reason where the real clients are missing.
func needTools(t *testing.T) {
	t.Helper()
	for name := range strings.FieldsSeq(tools) {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is missing: install the Debian packages s6 and execline", name)
		}
	}
}

// scandir is a scan directory under one of the two scanners, with a transcript of what clients saw.
type scandir struct {
	*testing.T
	path string
	ours bool
	cmd  *exec.Cmd
	out  bytes.Buffer // what the scanner and its services wrote to stdout
	log  bytes.Buffer // and to stderr
	text []string
}

// newScandir makes an empty scandir; the scanner starts with start.
func newScandir(t *testing.T, ours bool) *scandir {
	t.Helper()
	needTools(t)
	return &scandir{T: t, path: t.TempDir(), ours: ours}
}

// service writes the files of a service directory; a name ending in "run" or
// "finish" is executable.
func (d *scandir) service(name string, files map[string]string) {
	d.Helper()
	for file, content := range files {
		path := filepath.Join(d.path, name, file)
		mode := os.FileMode(0o644)
		if base := filepath.Base(file); base == "run" || base == "finish" {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			d.Fatal(err)
		}
		if err := writeProgram(path, []byte(content), mode); err != nil {
			d.Fatal(err)
		}
	}
}

// writeProgram writes a file that will be executed. A test beside this one that forked while the file is
// open would have it open, too, and "text file busy" would be the answer to who executes it.
func writeProgram(path string, content []byte, mode os.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, content, mode)
}

// start starts the scanner and waits until it takes letters.
func (d *scandir) start() {
	d.Helper()
	d.cmd = exec.Command("s6-svscan", d.path)
	if d.ours {
		d.cmd = exec.Command(subject(), d.path)
		d.cmd.Args[0] = "s6-svscan"
	}
	d.cmd.Dir, d.cmd.Env = d.path, environ()
	d.cmd.Stdout, d.cmd.Stderr = &d.out, &d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	d.cmd.WaitDelay = time.Second
	if err := d.cmd.Start(); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(d.stop)
	d.poll("the scanner takes letters", func() bool { return d.code("s6-svscanctl", "-z", d.path) == 0 })
}

// environ keeps the race detector from waiting a second before each exit of this binary.
func environ() []string { return append(os.Environ(), "GORACE=atexit_sleep_ms=0 exitcode=66") }

// stop ends the scanner; a second call does nothing.
func (d *scandir) stop() {
	d.Helper()
	if d.cmd == nil {
		return
	}
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(patience(), func() { _ = d.cmd.Process.Kill() })
	_ = d.cmd.Wait() // the code is what counts
	kill.Stop()
	if code := d.cmd.ProcessState.ExitCode(); d.ours && code != 0 {
		d.Errorf("scanner ended with exit %d (66: data race)", code)
	}
	d.cmd = nil
	if d.Failed() {
		d.Logf("scanner said:\n%s%s", d.out.String(), d.log.String())
	}
}

// poll waits until ok holds.
func (d *scandir) poll(what string, ok func() bool) {
	d.Helper()
	poll(d.T, what, ok)
}

func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience()); !ok(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("gave up waiting until %s", what)
		}
	}
}

// code runs a client and returns its exit code.
func (d *scandir) code(argv ...string) int {
	d.Helper()
	_, code := d.output(argv...)
	return code
}

func (d *scandir) output(argv ...string) (string, int) {
	d.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = d.path
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		d.Fatalf("cannot run %q: %v", argv, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// note adds a line to the transcript.
func (d *scandir) note(format string, a ...any) { d.text = append(d.text, fmt.Sprintf(format, a...)) }

// run notes a client's command line and exit code.
func (d *scandir) run(argv ...string) {
	d.Helper()
	d.note("%s: exit %d", strings.Join(argv, " "), d.code(argv...))
}

// stat notes the line of s6-svstat without pids and times.
func (d *scandir) stat(name string) {
	d.Helper()
	out, code := d.output("s6-svstat", name)
	d.note("%s is %s (exit %d)", name, plain(out), code)
}

// supervised waits until a supervisor has written its first status.
func (d *scandir) supervised(name string) {
	d.Helper()
	d.poll(name+" is supervised", func() bool {
		return d.code("s6-svok", name) == 0 && d.code("s6-svstat", name) == 0
	})
}

// untilStat waits until the line of s6-svstat begins with want, and notes it.
func (d *scandir) untilStat(name, want string) {
	d.Helper()
	var last string
	defer func() {
		if d.Failed() {
			d.Logf("%s was last: %s", name, last)
		}
	}()
	d.poll(fmt.Sprintf("%s is %q", name, want), func() bool {
		out, _ := d.output("s6-svstat", name)
		last = plain(out)
		return strings.HasPrefix(last, want)
	})
	d.note("%s is %s", name, last)
}

func plain(line string) string {
	for _, p := range []struct{ pattern, with string }{
		{`pid \d+( pgid \d+)?`, "pid N"},
		{`\d+ seconds`, "S seconds"},
	} {
		line = regexp.MustCompile(p.pattern).ReplaceAllString(line, p.with)
	}
	return strings.TrimSpace(line)
}

// pid is the pid of run.
func (d *scandir) pid(name string) string {
	d.Helper()
	out, _ := d.output("s6-svstat", "-p", name)
	return strings.TrimSpace(out)
}

// file waits for a file with content and returns it.
func (d *scandir) file(name string) string {
	d.Helper()
	var b []byte
	d.poll("file "+name, func() bool {
		b, _ = os.ReadFile(filepath.Join(d.path, name))
		return len(b) > 0
	})
	return string(b)
}

// subscriber is a fifo in event/, as clients make it.
type subscriber struct {
	d    *scandir
	fd   int
	seen string
}

func (d *scandir) subscribe(name string) *subscriber {
	d.Helper()
	path := filepath.Join(d.path, name, "event", fmt.Sprintf("ftrig1:@%024x:%06d", os.Getpid(), 1))
	if err := unix.Mkfifo(path, 0o622); err != nil {
		d.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		d.Fatal(err)
	}
	if err := unix.Fchmod(fd, 0o622); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = unix.Close(fd) })
	s := &subscriber{d: d, fd: fd}
	d.settle(name)
	s.read() // what was on its way before does not count
	s.seen = ""
	return s
}

// settle returns when the supervisor has sent all events of what came before. It writes a status before the
// events of it, so that these may still be on their way. A letter that changes nothing makes it write its
// status once more, after them.
func (d *scandir) settle(name string) {
	d.Helper()
	letter, path := "-c", filepath.Join(d.path, name, "supervise", "status")
	if out, _ := d.output("s6-svstat", "-u", name); strings.TrimSpace(out) != "true" {
		letter = "-d"
	}
	before, err := os.Stat(path)
	if err != nil {
		d.Fatal(err)
	}
	d.code("s6-svc", letter, name)
	d.poll(name+" writes its status", func() bool {
		after, err := os.Stat(path)
		return err == nil && (!os.SameFile(before, after) || after.ModTime() != before.ModTime())
	})
}

func (s *subscriber) read() {
	buf := make([]byte, 256)
	if n, err := unix.Read(s.fd, buf); err == nil {
		s.seen += string(buf[:n])
	}
}

// until waits until the events since the last call end with want, and notes them.
func (s *subscriber) until(want string) {
	s.d.Helper()
	s.d.poll(fmt.Sprintf("events end with %q", want), func() bool {
		s.read()
		return strings.HasSuffix(s.seen, want)
	})
	s.d.note("events %s", s.seen)
	s.seen = ""
}

// await waits for an event without a pause between two looks, and notes nothing.
func (s *subscriber) await(last string) {
	s.d.Helper()
	for end := time.Now().Add(patience()); !strings.HasSuffix(s.seen, last); s.read() {
		if time.Now().After(end) {
			s.d.Fatalf("gave up waiting for event %q, saw %q", last, s.seen)
		}
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}, 1000); err != nil && err != unix.EINTR {
			s.d.Fatal(err)
		}
	}
	s.seen = ""
}

// runAs runs a program under another name.
func (d *scandir) runAs(program, name string, args ...string) (string, int) {
	d.Helper()
	cmd := exec.Command(program, args...)
	cmd.Args[0] = name
	cmd.Dir, cmd.Env = d.path, environ()
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		d.Fatalf("cannot run %s as %s %q: %v", program, name, args, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (d *scandir) applet(args ...string) (string, int) {
	d.Helper()
	return d.runAs("/proc/self/exe", "s6-svstat", args...)
}

// scanOnce runs a second scanner on the scandir and returns its exit code.
func (d *scandir) scanOnce() int {
	d.Helper()
	_, code := d.runAs(subject(), "s6-svscan", d.path)
	return code
}
