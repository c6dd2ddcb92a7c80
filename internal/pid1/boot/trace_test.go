package boot_test

import (
	"bufio"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
)

// PID 1 opens, makes, changes and removes nothing where hermes can write, in a whole life of a container: its
// system calls show it. There is no list of exceptions.
func TestPID1TouchesNothingWhereHermesWrites(t *testing.T) {
	clause.Proves(t, "SUP-117")
	b := withHermes(t)
	b.longrun("users", "exec sleep 1000", "account=hermes")
	b.longrun("roots", "exec sleep 1000")
	held, closing, err := os.Pipe()
	b.must(err)
	b.extra = held
	b.setenv("S6_WAIT_FOR_CLOSING_FD=3")
	p := b.start(nil, "sh", "-c", `
		hermes() { setpriv --reuid 10000 --regid 10001 --clear-groups sh -ec "$1"; }
		state() { until /command/s6-svstat -o up /run/service/$1 2>/dev/null | grep -q $2; do sleep 0.01; done; }
		state users true; state roots true
		hermes 'mkdir -p /run/service/.new/log; cd /run/service/.new
			printf "#!/bin/sh\nexec sleep 1000\n" >run; printf "#!/bin/sh\nexit 0\n" >finish; printf "#!/bin/sh\nexec cat\n" >log/run
			chmod 755 run finish log/run; mv /run/service/.new /run/service/slot; printf a >/run/service/.s6-svscan/control'
		state slot true
		hermes 'printf r >/run/service/slot/supervise/control; ln -s /etc /run/service/link; printf ah >/run/service/.s6-svscan/control'
		hermes 'pkill -KILL -f "^s6-svscan-user "'; state slot true; state users true
		hermes 'printf d >/run/service/slot/supervise/control'; state slot false
		hermes 'mv /run/service/slot /run/service/.gone; printf an >/run/service/.s6-svscan/control; rm -rf /run/service/.gone'
		echo lived; exec sleep 1000`)
	_ = held.Close()
	calls := trace(t, p.cmd.Process.Pid)
	b.must(closing.Close())
	p.prints("lived\n")
	p.stop()
	p.expect(0)
	seen := 0
	given := false
	for _, call := range calls() {
		switch {
		case call.name == "fchownat" && strings.Contains(call.line, "service>") && strings.Contains(call.line, "10000"):
			given = true
		case given && call.touches("/run/service/", "/run/s6-rc/servicedirs/users/supervise", "/run/s6-rc/servicedirs/users/event"):
			t.Errorf("PID 1: %s", call.line)
		}
		seen++
	}
	if !given || seen < 100 {
		t.Errorf("%d system calls were seen, the one that gives /run/service away: %t", seen, given)
	}
}

// call is a system call of PID 1 that names a file.
type call struct{ name, line string }

// descriptor is a descriptor as strace shows it, with its path.
var descriptor = regexp.MustCompile(`\d+<([^>]*)>`)

// word is a quoted argument.
var word = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)

// touches reports whether the call names something below one of the directories.
func (c call) touches(dirs ...string) bool {
	var names []string
	at := "/"
	if m := descriptor.FindStringSubmatch(c.line); m != nil {
		at = m[1]
		names = append(names, at+"/")
	}
	for _, m := range word.FindAllStringSubmatch(c.line, -1) {
		name := m[1]
		if !strings.HasPrefix(name, "/") {
			name = path.Join(at, name)
		}
		names = append(names, name+"/")
	}
	for _, name := range names {
		for _, dir := range dirs {
			if i := strings.Index(name, dir); i >= 0 && strings.Trim(name[i:], "/") != strings.Trim(dir, "/") {
				return true
			}
		}
	}
	return false
}

// trace shows the system calls of a process and its threads, but not of its children, from now to its end.
func trace(t *testing.T, pid int) (calls func() []call) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "trace")
	command := exec.Command("strace", "-f", "-y", "-qq", "--decode-pids=pidns", "-o", out, "-e", "trace=%file,%desc,clone,clone3,vfork", "-e", "signal=none", "-p", strconv.Itoa(pid))
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatalf("cannot trace PID 1: %v", err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	for end := time.Now().Add(30 * time.Second); !traced(pid); {
		if time.Now().After(end) {
			t.Fatal("strace has not attached to PID 1")
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
		}
	}
	return func() []call {
		_ = command.Wait() // it ends with the last process that it traces
		f, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		return parseTrace(t, f)
	}
}

// traced reports whether all threads of a process have a tracer.
func traced(pid int) bool {
	tasks, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/status")
	for _, task := range tasks {
		status, _ := os.ReadFile(task)
		if strings.Contains(string(status), "TracerPid:\t0\n") {
			return false
		}
	}
	return len(tasks) > 0
}

// made is the end of a call that makes a thread or a process: its number in the namespace, and here.
var made = regexp.MustCompile(`^(?:<\.\.\. )?(?:clone|clone3|vfork)\b.*= \d+ /\* (\d+) in `)

// parseTrace keeps the calls of a process: those of the threads that it had, and of those that they made.
func parseTrace(t *testing.T, f *os.File) []call {
	t.Helper()
	var lines [][2]string // thread and call
	children := map[string]bool{}
	flags := map[string]string{} // of the call that a thread is in
	parents := map[string]string{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		tid, line, _ := strings.Cut(strings.TrimSpace(in.Text()), " ")
		line = strings.TrimSpace(line)
		lines = append(lines, [2]string{tid, line})
		if strings.HasPrefix(line, "clone") || strings.HasPrefix(line, "vfork") {
			flags[tid] = line
		}
		if m := made.FindStringSubmatch(line); m != nil {
			parents[m[1]] = tid
			children[m[1]] = !strings.Contains(flags[tid], "CLONE_THREAD")
		}
	}
	var calls []call
	for _, l := range lines {
		other := false
		for tid := l[0]; tid != ""; tid = parents[tid] {
			other = other || children[tid]
		}
		if name, _, found := strings.Cut(l[1], "("); found && !other {
			calls = append(calls, call{name: name, line: l[1]})
		}
	}
	return calls
}
