package s6

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
)

// exit waits for the end of the scanner.
func (w *world) exit() int {
	w.Helper()
	kill := time.AfterFunc(patience(), func() { _ = w.cmd.Process.Kill() })
	defer kill.Stop()
	_ = w.cmd.Wait() // the code is what counts
	code := w.cmd.ProcessState.ExitCode()
	w.cmd = nil
	return code
}

// sweep ends what a scanner left: the real one leaves its supervisors.
func (w *world) sweep(pids []string) {
	w.Helper()
	for i, name := range []string{"foo", "foo/log"} {
		w.quiet("s6-svc", "-xk", name)
		n, err := strconv.Atoi(pids[i])
		if err != nil {
			w.Fatal(err)
		}
		_ = syscall.Kill(n, syscall.SIGKILL) // most often it is gone
		w.poll(name+" is gone", func() bool {
			_, err := os.Stat("/proc/" + pids[i])
			return err != nil && w.quiet("s6-svok", name) == 1
		})
	}
}

// TestEndOfScandirMode compares how a scanner ends.
func TestEndOfScandirMode(t *testing.T) {
	clause.Proves(t, "SUP-57", "SUP-58", "SUP-59")
	t.Parallel()
	needTools(t)
	script := func(text string) map[string]string {
		return map[string]string{".s6-svscan/finish": "#!/bin/sh\n" + text}
	}
	tests := []struct {
		name  string
		files map[string]string
		how   func(w *world)
	}{
		{"letter t", nil, func(w *world) { w.run("s6-svscanctl", "-t", ".") }},
		{"letter i", nil, func(w *world) { w.run("s6-svscanctl", "-i", ".") }},
		{"letter q", nil, func(w *world) { w.run("s6-svscanctl", "-q", ".") }},
		{"letter b", nil, func(w *world) { w.run("s6-svscanctl", "-b", ".") }},
		{"TERM", nil, func(w *world) { _ = w.cmd.Process.Signal(syscall.SIGTERM) }},
		{"INT", nil, func(w *world) { _ = w.cmd.Process.Signal(syscall.SIGINT) }},
		{"QUIT", nil, func(w *world) { _ = w.cmd.Process.Signal(syscall.SIGQUIT) }},
		{"ABRT", nil, func(w *world) { _ = w.cmd.Process.Signal(syscall.SIGABRT) }},
		{"finish", script("pwd >here; exit 9\n"), func(w *world) { w.run("s6-svscanctl", "-t", ".") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			end := func(ours bool) string {
				w := newWorld(t, ours)
				w.service("foo", map[string]string{
					"run": sleeper, "log/run": "#!/bin/sh\ncat\necho logger saw the end >>../../end\n",
				})
				w.service(".", tt.files)
				w.start()
				w.untilStat("foo", "up")
				w.untilStat("foo/log", "up")
				pids := []string{w.pid("foo"), w.pid("foo/log")}
				tt.how(w)
				result := fmt.Sprintf("exit %d", w.exit())
				for _, pid := range pids {
					_, err := os.Stat("/proc/" + pid)
					result += fmt.Sprintf(", lives: %v", err == nil)
				}
				w.sweep(pids) // letter b leaves all alone
				return result
			}
			if want, got := end(false), end(true); got != want {
				t.Errorf("ended with %s, s6 with %s", got, want)
			}
		})
	}
}

func TestDivertedSignal(t *testing.T) {
	clause.Proves(t, "SUP-59")
	w := newWorld(t, true)
	w.service("foo", map[string]string{"run": sleeper})
	for _, name := range []string{"SIGUSR1", "SIGHUP"} {
		w.service(".s6-svscan", map[string]string{name: "#!/bin/sh\npwd >" + name + "\n"})
		if err := os.Chmod(filepath.Join(w.dir, ".s6-svscan", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.start()
	w.untilStat("foo", "up")
	for name, sig := range map[string]syscall.Signal{"SIGUSR1": syscall.SIGUSR1, "SIGHUP": syscall.SIGHUP} {
		if err := w.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if got := w.file(name); got != w.dir+"\n" {
			t.Errorf("%s ran in %q", name, got)
		}
	}
	if err := w.cmd.Process.Signal(syscall.SIGUSR2); err != nil { // means nothing
		t.Fatal(err)
	}
	w.run("s6-svc", "-wr", "-r", "foo")
}

func TestCrashScripts(t *testing.T) {
	clause.Proves(t, "SUP-59")
	t.Parallel()
	tests := []struct {
		name  string
		files map[string]os.FileMode
		want  int
	}{
		{"finish cannot be executed", map[string]os.FileMode{"finish": 0o644}, 127},
		{"nor can crash", map[string]os.FileMode{"finish": 0o644, "crash": 0o644}, 126},
		{"crash takes over", map[string]os.FileMode{"finish": 0o644, "crash": 0o755}, 7},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, true)
			for name, mode := range tt.files {
				w.service(".", map[string]string{".s6-svscan/" + name: "#!/bin/sh\nexit 7\n"})
				if err := os.Chmod(filepath.Join(w.dir, ".s6-svscan", name), mode); err != nil {
					t.Fatal(err)
				}
			}
			w.start()
			w.run("s6-svscanctl", "-t", ".")
			if code := w.exit(); code != tt.want {
				t.Errorf("exit %d, want %d", code, tt.want)
			}
		})
	}
}

func TestIdentityIsTheDirectory(t *testing.T) {
	clause.Proves(t, "SUP-52", "SUP-55")
	w := newWorld(t, true)
	elsewhere := t.TempDir()
	t.Parallel()
	w.service("foo", map[string]string{"run": sleeper})
	w.start()
	w.untilStat("foo", "up")
	pid := w.pid("foo")
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	rename(filepath.Join(w.dir, "foo"), filepath.Join(w.dir, "bar"))
	w.run("s6-svscanctl", "-an", ".")
	w.untilStat("bar", "up")
	if now := w.pid("bar"); now != pid {
		t.Errorf("renamed service has pid %s, had %s", now, pid)
	}
	// Moved away and replaced: the new one waits until the old one has left.
	rename(filepath.Join(w.dir, "bar"), filepath.Join(elsewhere, "bar"))
	w.service("foo", map[string]string{"run": sleeper})
	w.run("s6-svscanctl", "-a", ".")
	if out, code := w.output("s6-svstat", filepath.Join(elsewhere, "bar")); code != 0 {
		t.Errorf("moved service: %s, exit %d", out, code)
	}
	w.run("s6-svscanctl", "-n", ".")
	w.untilStat("foo", "up")
	if code := w.quiet("s6-svok", filepath.Join(elsewhere, "bar")); code != 1 {
		t.Errorf("moved service is still supervised: exit %d", code)
	}
	// Linked twice: one supervisor. A link is cut: gone, finish runs.
	rename(filepath.Join(elsewhere, "bar"), filepath.Join(elsewhere, "baz"))
	for _, name := range []string{"l1", "l2"} {
		if err := os.Symlink(filepath.Join(elsewhere, "baz"), filepath.Join(w.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	w.run("s6-svscanctl", "-a", ".")
	w.untilStat("l1", "up")
	if w.pid("l1") != w.pid("l2") {
		t.Error("two supervisors for one directory")
	}
}

func TestLinkAndUnlink(t *testing.T) {
	clause.Proves(t, "SUP-110", "SUP-51", "SUP-53")
	w := newWorld(t, true)
	t.Parallel()
	w.service(".src/foo", map[string]string{"run": sleeper, "log/run": "#!/bin/sh\nexec cat\n"})
	w.start()
	if code := w.quiet("s6-svlink", "-t", "20000", ".", ".src/foo"); code != 0 {
		t.Fatalf("s6-svlink: exit %d", code)
	}
	w.untilStat("foo", "up")
	w.untilStat("foo/log", "up")
	if code := w.quiet("s6-svunlink", "-t", "20000", ".", "foo"); code != 0 {
		t.Fatalf("s6-svunlink: exit %d", code)
	}
	w.poll("nobody is left", func() bool {
		return w.quiet("s6-svok", ".src/foo") == 1 && w.quiet("s6-svok", ".src/foo/log") == 1
	})
}

func TestManyClientsAtOnce(t *testing.T) {
	clause.Proves(t, "FAULT-10")
	w := newWorld(t, true)
	t.Parallel()
	w.service("foo", map[string]string{
		"run": "#!/bin/sh\ntrap 'rmdir ../.alone; exit 0' TERM\nmkdir ../.alone || { echo >../twice; exit 1; }\n" +
			"while :; do sleep 0.05; done\n",
		"restart-max": "0",
	})
	w.start()
	w.untilStat("foo", "up")
	var clients sync.WaitGroup
	for _, argv := range [][]string{
		{"s6-svc", "-u", "foo"},
		{"s6-svc", "-d", "foo"},
		{"s6-svc", "-r", "foo"},
		{"s6-svc", "-o", "foo"},
		{"s6-svstat", "foo"},
		{"s6-svscanctl", "-a", "."},
		{"s6-svscanctl", "-an", "."},
	} {
		clients.Go(func() {
			for range 30 {
				cmd := exec.Command(argv[0], argv[1:]...)
				cmd.Dir = w.dir
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%q: %v: %s", argv, err, out)
					return
				}
			}
		})
	}
	clients.Wait()
	w.run("s6-svc", "-wD", "-T", "20000", "-d", "foo")
	w.untilStat("foo", "down")
	if _, err := os.Stat(filepath.Join(w.dir, "twice")); err == nil {
		t.Error("two runs at a time")
	}
	w.run("s6-svc", "-wu", "-T", "20000", "-u", "foo")
	w.untilStat("foo", "up")
}

// contract: LOG-03; spec: FAULT-09
func TestRealLogger(t *testing.T) {
	clause.Proves(t, "FAULT-09", "LOG-03")
	w := newWorld(t, true)
	t.Parallel()
	w.service("foo", map[string]string{
		"run":     "#!/bin/sh\nfor i in 1 2 3; do echo line $i; done\nexec sleep 3600\n",
		"log/run": "#!/bin/sh\nexec s6-log n3 s1000000 T ../../logs\n",
	})
	w.start()
	// A killed logger leaves current to its successor, who archives it.
	logged := func() int {
		files, _ := filepath.Glob(filepath.Join(w.dir, "logs", "[@c]*"))
		lines := 0
		for _, name := range files {
			b, _ := os.ReadFile(name)
			lines += bytes.Count(b, []byte("line "))
		}
		return lines
	}
	w.poll("three lines", func() bool { return logged() == 3 })
	w.untilStat("foo/log", "up") // it writes lines before its supervisor has written that it is up
	w.newPid("foo/log", w.kill("foo/log"))
	w.run("s6-svc", "-wr", "-r", "foo")
	w.poll("six lines", func() bool { return logged() == 6 })
}

// unshared starts the scanner in new namespaces, after a preparation in sh.
func (w *world) unshared(options, prepare string) {
	w.Helper()
	if out, err := exec.Command("unshare", append(strings.Fields(options), "sh", "-c", prepare)...).CombinedOutput(); err != nil {
		w.Skipf("no such namespace here: %v: %s", err, out)
	}
	self, err := filepath.EvalSymlinks(subject())
	if err != nil {
		w.Fatal(err)
	}
	link := filepath.Join(w.TempDir(), "s6-svscan")
	if err := os.Symlink(self, link); err != nil {
		w.Fatal(err)
	}
	line := prepare + "; exec " + link + " " + w.dir
	w.cmd = exec.Command("unshare", append(strings.Fields(options), "sh", "-c", line)...)
	w.cmd.Env = environ()
	w.cmd.Stdout, w.cmd.Stderr = &w.log, &w.log
	w.cmd.WaitDelay = time.Second
	if err := w.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		_ = w.cmd.Process.Kill()
		_ = w.cmd.Wait()
		if w.Failed() {
			w.Logf("scanner said:\n%s", w.log.String())
		}
	})
}

// TestAsProcessOne runs the scanner as PID 1 of a pid namespace: orphans are
// its children there.
func TestAsProcessOne(t *testing.T) {
	clause.Proves(t, "FAULT-01", "SUP-81")
	t.Parallel()
	w := newWorld(t, true)
	w.service("foo", map[string]string{
		"run": "#!/bin/sh\ni=0\nwhile [ $i -lt 1000 ]; do (true & ) & i=$((i+1)); done\nwait\n" +
			"until ! grep -q 'State:.Z' /proc/[0-9]*/status 2>/dev/null; do sleep 0.05; done\n" +
			"cat /proc/1/comm >../done\nexec sleep 3600\n",
	})
	w.unshared("--pid --fork --kill-child --mount-proc", ":")
	if got := strings.TrimSpace(w.file("done")); got != "s6-svscan" {
		t.Errorf("comm of PID 1 is %q", got)
	}
	w.untilStat("foo", "up")
}

// TestScriptsOnNoexecMount keeps the scandir where nothing can be executed.
func TestScriptsOnNoexecMount(t *testing.T) {
	clause.Proves(t, "SUP-27")
	t.Parallel()
	w := newWorld(t, true)
	mount := "mount --make-rprivate / && mount --bind " + w.dir + " " + w.dir +
		" && mount -o remount,bind,noexec " + w.dir
	files := map[string]string{
		"run":    "#!/bin/sh -e\necho \"$0 $*\" >../ran\nexec sleep 3600\n",
		"finish": "#!/bin/sh\necho \"$0 $1 $2 $3\" >../finished\n",
	}
	w.service("foo", files)
	w.service("locked", map[string]string{"run": sleeper, "lock-fd": "3"})
	w.service("binary", map[string]string{"run": "\x7fELF", "down": ""})
	w.unshared("--mount --pid --fork --kill-child --mount-proc", mount)
	if got := w.file("ran"); got != "./run foo\n" {
		t.Errorf("run was %q", got)
	}
	w.untilStat("foo", "up")
	w.untilStat("locked", "up")
	w.run("s6-svc", "-wD", "-d", "foo")
	if got := w.file("finished"); got != "./finish 256 15 foo\n" {
		t.Errorf("finish was %q", got)
	}
	w.run("s6-svc", "-u", "binary")
	w.run("s6-svc", "-wr", "-r", "locked")
}
