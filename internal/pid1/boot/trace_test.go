package boot_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/rig/syscalls"
	"caduceus/tests/mutant"
)

// PID 1 opens, makes, changes and removes nothing where hermes can write, in a whole life of a container: its
// system calls show it. There is no list of exceptions.
func TestPID1TouchesNothingWhereHermesWrites(t *testing.T) {
	clause.Proves(t, "SUP-117")
	for _, call := range touchesOfALife(t, withHermes(t)) {
		t.Errorf("PID 1: %s", call.Line)
	}
}

// A PID 1 that does it in one way is seen, whichever way that is.
func TestEachWayToTouchWhatIsHermesIsSeen(t *testing.T) {
	clause.Proves(t, "SUP-117")
	b := withHermes(t)
	mutants, err := mutant.NewBuilder("../../..", t.TempDir())
	b.must(err)
	program, err := mutants.Build(t.Context(), mutant.Program{Package: "./cmd/hermes-init", Edits: []mutant.Edit{
		{File: "internal/pid1/boot/trespass.go", New: mutant.Trespass("boot")},
		{File: "internal/pid1/boot/cmd.go", Old: "\targv := slices.Concat(", New: "\ttrespass(\"/run/service\")\n\targv := slices.Concat("},
	}})
	b.must(err)
	b.must(os.Remove(b.path("init")))
	content, err := os.ReadFile(program)
	b.must(err)
	b.file("init", string(content), 0o755)
	seen := map[string]bool{}
	for _, call := range touchesOfALife(t, b) {
		for _, name := range call.Paths() {
			seen[strings.TrimPrefix(path.Base(name), "m-")] = true
		}
	}
	for _, kind := range mutant.Kinds() {
		if !seen[kind] {
			t.Errorf("%s is not seen", kind)
		}
	}
}

// touchesOfALife are PID 1's calls in the life of a container that name something where hermes can write: boot, slots made
// and deleted by hermes, the death of its supervisor, and the stop.
func touchesOfALife(t *testing.T, b *container) []syscalls.Call {
	t.Helper()
	b.longrun("users", "exec sleep 1000", "account=hermes")
	b.longrun("roots", "exec sleep 1000")
	held, closing, err := os.Pipe()
	b.must(err)
	b.extra = held
	b.setenv("S6_WAIT_FOR_CLOSING_FD=3")
	p := b.start(nil, "sh", "-c", life)
	_ = held.Close()
	text := trace(t, p.cmd.Process.Pid)
	b.must(closing.Close())
	p.prints("lived\n")
	p.stop()
	p.expect(0)
	var touches []syscalls.Call
	seen, given := 0, false
	for _, call := range syscalls.Read(text()) {
		switch {
		case !call.Own:
			continue
		case call.Name == "fchownat" && strings.Contains(call.Line, "service>") && strings.Contains(call.Line, "10000"):
			given = true
		case given && slices.ContainsFunc(call.Paths(), isHermes):
			touches = append(touches, call)
		}
		seen++
	}
	if !given || seen < 100 {
		t.Errorf("%d system calls were seen, the one that gives /run/service away: %t", seen, given)
	}
	return touches
}

// life is a CMD.
const life = `
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
	echo lived; exec sleep 1000`

// isHermes reports whether a path is below a directory of hermes; the rig may have put something before it.
func isHermes(path string) bool {
	for _, dir := range []string{"/run/service/", "/run/s6-rc/servicedirs/users/supervise/", "/run/s6-rc/servicedirs/users/event/"} {
		if strings.Contains(path, dir) {
			return true
		}
	}
	return false
}

// trace shows the system calls of a process and of all that it starts, from now to its end.
func trace(t *testing.T, pid int) (text func() string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "trace")
	command := exec.Command("strace", "-f", "-y", "-qq", "--decode-pids=pidns", "-o", out, "-e", "trace=%file,%desc,%creds,bind,clone,clone3,vfork", "-e", "signal=none", "-p", strconv.Itoa(pid))
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
	return func() string {
		_ = command.Wait() // it ends with the last process that it traces
		content, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
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
