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

// patience bounds every wait; it is not a measure of anything. Mutants need not be waited for so long.
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

// world is a scandir under one of the two scanners, and the transcript of what
// its clients saw.
type world struct {
	*testing.T
	dir  string
	ours bool
	cmd  *exec.Cmd
	out  bytes.Buffer // what the scanner and its services wrote to stdout
	log  bytes.Buffer // and to stderr
	text []string
}

// newWorld makes an empty scandir; the scanner starts with start.
func newWorld(t *testing.T, ours bool) *world {
	t.Helper()
	needTools(t)
	return &world{T: t, dir: t.TempDir(), ours: ours}
}

// service writes the files of a service directory; a name ending in "run" or
// "finish" is executable.
func (w *world) service(name string, files map[string]string) {
	w.Helper()
	for file, content := range files {
		path := filepath.Join(w.dir, name, file)
		mode := os.FileMode(0o644)
		if base := filepath.Base(file); base == "run" || base == "finish" {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			w.Fatal(err)
		}
		if err := writeProgram(path, []byte(content), mode); err != nil {
			w.Fatal(err)
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
func (w *world) start() {
	w.Helper()
	w.cmd = exec.Command("s6-svscan", w.dir)
	if w.ours {
		w.cmd = exec.Command(subject(), w.dir)
		w.cmd.Args[0] = "s6-svscan"
	}
	w.cmd.Dir, w.cmd.Env = w.dir, environ()
	w.cmd.Stdout, w.cmd.Stderr = &w.out, &w.log
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	w.cmd.WaitDelay = time.Second
	if err := w.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(w.stop)
	w.poll("the scanner takes letters", func() bool { return w.quiet("s6-svscanctl", "-z", w.dir) == 0 })
}

// environ is the environment of this binary under another name: the race
// detector is not to wait a second before each exit.
func environ() []string { return append(os.Environ(), "GORACE=atexit_sleep_ms=0 exitcode=66") }

// stop ends the scanner; a second call does nothing.
func (w *world) stop() {
	w.Helper()
	if w.cmd == nil {
		return
	}
	_ = w.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(patience(), func() { _ = w.cmd.Process.Kill() })
	_ = w.cmd.Wait() // the code is what counts
	kill.Stop()
	if code := w.cmd.ProcessState.ExitCode(); w.ours && code != 0 {
		w.Errorf("scanner ended with exit %d (66: data race)", code)
	}
	w.cmd = nil
	if w.Failed() {
		w.Logf("scanner said:\n%s%s", w.out.String(), w.log.String())
	}
}

// poll waits until ok holds.
func (w *world) poll(what string, ok func() bool) {
	w.Helper()
	poll(w.T, what, ok)
}

func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience()); !ok(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("gave up waiting: %s", what)
		}
	}
}

// quiet runs a client and returns its exit code.
func (w *world) quiet(argv ...string) int {
	w.Helper()
	_, code := w.output(argv...)
	return code
}

func (w *world) output(argv ...string) (string, int) {
	w.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = w.dir
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatalf("cannot run %q: %v", argv, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// note adds a line to the transcript.
func (w *world) note(format string, a ...any) { w.text = append(w.text, fmt.Sprintf(format, a...)) }

// run notes a client's command line and exit code.
func (w *world) run(argv ...string) {
	w.Helper()
	w.note("%s: exit %d", strings.Join(argv, " "), w.quiet(argv...))
}

// stat notes the line of s6-svstat without pids and times.
func (w *world) stat(name string) {
	w.Helper()
	out, code := w.output("s6-svstat", name)
	w.note("%s is %s (exit %d)", name, plain(out), code)
}

// supervised waits until there is a supervisor that has written its first status.
func (w *world) supervised(name string) {
	w.Helper()
	w.poll(name+" is supervised", func() bool {
		return w.quiet("s6-svok", name) == 0 && w.quiet("s6-svstat", name) == 0
	})
}

// untilStat waits until the line of s6-svstat begins with want, and notes it.
func (w *world) untilStat(name, want string) {
	w.Helper()
	var last string
	defer func() {
		if w.Failed() {
			w.Logf("%s was last: %s", name, last)
		}
	}()
	w.poll(fmt.Sprintf("%s is %q", name, want), func() bool {
		out, _ := w.output("s6-svstat", name)
		last = plain(out)
		return strings.HasPrefix(last, want)
	})
	w.note("%s is %s", name, last)
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
func (w *world) pid(name string) string {
	w.Helper()
	out, _ := w.output("s6-svstat", "-p", name)
	return strings.TrimSpace(out)
}

// file waits for a file with content and returns it.
func (w *world) file(name string) string {
	w.Helper()
	var b []byte
	w.poll("file "+name, func() bool {
		b, _ = os.ReadFile(filepath.Join(w.dir, name))
		return len(b) > 0
	})
	return string(b)
}

// subscriber is a fifo in event/, as clients make it.
type subscriber struct {
	w    *world
	fd   int
	seen string
}

func (w *world) subscribe(name string) *subscriber {
	w.Helper()
	path := filepath.Join(w.dir, name, "event", fmt.Sprintf("ftrig1:@%024x:%06d", os.Getpid(), 1))
	if err := unix.Mkfifo(path, 0o622); err != nil {
		w.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		w.Fatal(err)
	}
	if err := unix.Fchmod(fd, 0o622); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = unix.Close(fd) })
	s := &subscriber{w: w, fd: fd}
	w.settle(name)
	s.read() // what was on its way before does not count
	s.seen = ""
	return s
}

// settle returns when the supervisor has told all that it had to tell: a status comes before its
// events, so that one who saw it may still meet them. A letter that changes nothing but makes the
// supervisor write its status shows that it is done with what came before.
func (w *world) settle(name string) {
	w.Helper()
	letter, path := "-c", filepath.Join(w.dir, name, "supervise", "status")
	if out, _ := w.output("s6-svstat", "-u", name); strings.TrimSpace(out) != "true" {
		letter = "-d"
	}
	before, err := os.Stat(path)
	if err != nil {
		w.Fatal(err)
	}
	w.quiet("s6-svc", letter, name)
	w.poll(name+" writes its status", func() bool {
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
	s.w.Helper()
	s.w.poll(fmt.Sprintf("events end with %q", want), func() bool {
		s.read()
		return strings.HasSuffix(s.seen, want)
	})
	s.w.note("events %s", s.seen)
	s.seen = ""
}

// await waits for an event without a pause between two looks, and notes nothing.
func (s *subscriber) await(last string) {
	s.w.Helper()
	for end := time.Now().Add(patience()); !strings.HasSuffix(s.seen, last); s.read() {
		if time.Now().After(end) {
			s.w.Fatalf("gave up waiting for event %q, saw %q", last, s.seen)
		}
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}, 1000); err != nil && err != unix.EINTR {
			s.w.Fatal(err)
		}
	}
	s.seen = ""
}

// self runs a program under another name.
func (w *world) self(program, name string, args ...string) (string, int) {
	w.Helper()
	cmd := exec.Command(program, args...)
	cmd.Args[0] = name
	cmd.Dir, cmd.Env = w.dir, environ()
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatalf("cannot run %s as %s %q: %v", program, name, args, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (w *world) applet(args ...string) (string, int) {
	w.Helper()
	return w.self("/proc/self/exe", "s6-svstat", args...)
}

// scanOnce runs a second scanner on the scandir.
func (w *world) scanOnce() int {
	w.Helper()
	_, code := w.self(subject(), "s6-svscan", w.dir)
	return code
}
