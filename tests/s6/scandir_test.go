package s6

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
)

// exit waits for the end of the scanner.
func (d *scandir) exit() int {
	d.Helper()
	kill := time.AfterFunc(patience(), func() { _ = d.cmd.Process.Kill() })
	defer kill.Stop()
	_ = d.cmd.Wait() // the code is what counts
	code := d.cmd.ProcessState.ExitCode()
	d.cmd = nil
	return code
}

// sweep ends what a scanner left: the real one leaves its supervisors.
func (d *scandir) sweep(pids []string) {
	d.Helper()
	for i, name := range []string{"foo", "foo/log"} {
		d.code("s6-svc", "-xk", name)
		n, err := strconv.Atoi(pids[i])
		if err != nil {
			d.Fatal(err)
		}
		_ = syscall.Kill(n, syscall.SIGKILL) // most often it is gone
		d.poll(name+" is gone", func() bool {
			_, err := os.Stat("/proc/" + pids[i])
			return err != nil && d.code("s6-svok", name) == 1
		})
	}
}

func TestTheScannerEndsLikeS6Svscan(t *testing.T) {
	clause.Proves(t, "SUP-57", "SUP-58", "SUP-59")
	t.Parallel()
	needTools(t)
	script := func(text string) map[string]string {
		return map[string]string{".s6-svscan/finish": "#!/bin/sh\n" + text}
	}
	tests := []struct {
		name  string
		files map[string]string
		how   func(d *scandir)
	}{
		{"letter t", nil, func(d *scandir) { d.run("s6-svscanctl", "-t", ".") }},
		{"letter i", nil, func(d *scandir) { d.run("s6-svscanctl", "-i", ".") }},
		{"letter q", nil, func(d *scandir) { d.run("s6-svscanctl", "-q", ".") }},
		{"letter b", nil, func(d *scandir) { d.run("s6-svscanctl", "-b", ".") }},
		{"TERM", nil, func(d *scandir) { _ = d.cmd.Process.Signal(syscall.SIGTERM) }},
		{"INT", nil, func(d *scandir) { _ = d.cmd.Process.Signal(syscall.SIGINT) }},
		{"QUIT", nil, func(d *scandir) { _ = d.cmd.Process.Signal(syscall.SIGQUIT) }},
		{"ABRT", nil, func(d *scandir) { _ = d.cmd.Process.Signal(syscall.SIGABRT) }},
		{"finish", script("pwd >here; exit 9\n"), func(d *scandir) { d.run("s6-svscanctl", "-t", ".") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			end := func(ours bool) string {
				d := newScandir(t, ours)
				d.service("foo", map[string]string{
					"run": sleeper, "log/run": "#!/bin/sh\ncat\necho logger saw the end >>../../end\n",
				})
				d.service(".", tt.files)
				d.start()
				d.untilStat("foo", "up")
				d.untilStat("foo/log", "up")
				pids := []string{d.pid("foo"), d.pid("foo/log")}
				tt.how(d)
				result := fmt.Sprintf("exit %d", d.exit())
				for _, pid := range pids {
					_, err := os.Stat("/proc/" + pid)
					result += fmt.Sprintf(", lives: %v", err == nil)
				}
				d.sweep(pids) // letter b leaves all alone
				return result
			}
			if want, got := end(false), end(true); got != want {
				t.Errorf("want the end of s6-svscan, %s, got %s", want, got)
			}
		})
	}
}

func TestASignalRunsItsScript(t *testing.T) {
	clause.Proves(t, "SUP-59")
	d := newScandir(t, true)
	d.service("foo", map[string]string{"run": sleeper})
	for _, name := range []string{"SIGUSR1", "SIGHUP"} {
		d.service(".s6-svscan", map[string]string{name: "#!/bin/sh\npwd >" + name + "\n"})
		if err := os.Chmod(filepath.Join(d.path, ".s6-svscan", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	d.start()
	d.untilStat("foo", "up")
	for name, sig := range map[string]syscall.Signal{"SIGUSR1": syscall.SIGUSR1, "SIGHUP": syscall.SIGHUP} {
		if err := d.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if got := d.file(name); got != d.path+"\n" {
			t.Errorf("want the script of %s to run in %q, got %q", name, d.path, got)
		}
	}
	if err := d.cmd.Process.Signal(syscall.SIGUSR2); err != nil { // means nothing
		t.Fatal(err)
	}
	d.run("s6-svc", "-wr", "-r", "foo")
}

func TestCrashTakesOverWhereFinishCannotRun(t *testing.T) {
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
			d := newScandir(t, true)
			for name, mode := range tt.files {
				d.service(".", map[string]string{".s6-svscan/" + name: "#!/bin/sh\nexit 7\n"})
				if err := os.Chmod(filepath.Join(d.path, ".s6-svscan", name), mode); err != nil {
					t.Fatal(err)
				}
			}
			d.start()
			d.run("s6-svscanctl", "-t", ".")
			if code := d.exit(); code != tt.want {
				t.Errorf("want exit %d, got %d", tt.want, code)
			}
		})
	}
}

func TestAServiceIsItsDirectoryWhateverItsName(t *testing.T) {
	clause.Proves(t, "SUP-52", "SUP-55")
	d := newScandir(t, true)
	elsewhere := t.TempDir()
	t.Parallel()
	d.service("foo", map[string]string{"run": sleeper})
	d.start()
	d.untilStat("foo", "up")
	pid := d.pid("foo")
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	rename(filepath.Join(d.path, "foo"), filepath.Join(d.path, "bar"))
	d.run("s6-svscanctl", "-an", ".")
	d.untilStat("bar", "up")
	if now := d.pid("bar"); now != pid {
		t.Errorf("want the renamed service to keep pid %s, got %s", pid, now)
	}
	// Moved away and replaced: the new one waits until the old one has left.
	rename(filepath.Join(d.path, "bar"), filepath.Join(elsewhere, "bar"))
	d.service("foo", map[string]string{"run": sleeper})
	d.run("s6-svscanctl", "-a", ".")
	if out, code := d.output("s6-svstat", filepath.Join(elsewhere, "bar")); code != 0 {
		t.Errorf("want the moved service still supervised, got %s, exit %d", out, code)
	}
	d.run("s6-svscanctl", "-n", ".")
	d.untilStat("foo", "up")
	if code := d.code("s6-svok", filepath.Join(elsewhere, "bar")); code != 1 {
		t.Errorf("want nobody to supervise the moved service any more (exit 1), got exit %d", code)
	}
	// Linked twice: one supervisor.
	rename(filepath.Join(elsewhere, "bar"), filepath.Join(elsewhere, "baz"))
	for _, name := range []string{"l1", "l2"} {
		if err := os.Symlink(filepath.Join(elsewhere, "baz"), filepath.Join(d.path, name)); err != nil {
			t.Fatal(err)
		}
	}
	d.run("s6-svscanctl", "-a", ".")
	d.untilStat("l1", "up")
	if d.pid("l1") != d.pid("l2") {
		t.Error("want one supervisor for a directory that is linked twice, got two")
	}
}

func TestServicesAreLinkedAndUnlinked(t *testing.T) {
	clause.Proves(t, "SUP-110", "SUP-51", "SUP-53")
	d := newScandir(t, true)
	t.Parallel()
	d.service(".src/foo", map[string]string{"run": sleeper, "log/run": "#!/bin/sh\nexec cat\n"})
	d.start()
	if code := d.code("s6-svlink", "-t", "20000", ".", ".src/foo"); code != 0 {
		t.Fatalf("s6-svlink: exit %d", code)
	}
	d.untilStat("foo", "up")
	d.untilStat("foo/log", "up")
	if code := d.code("s6-svunlink", "-t", "20000", ".", "foo"); code != 0 {
		t.Fatalf("s6-svunlink: exit %d", code)
	}
	d.poll("nobody is left", func() bool {
		return d.code("s6-svok", ".src/foo") == 1 && d.code("s6-svok", ".src/foo/log") == 1
	})
}

func TestManyClientsAtOnceGetOneRun(t *testing.T) {
	clause.Proves(t, "FAULT-10")
	d := newScandir(t, true)
	t.Parallel()
	d.service("foo", map[string]string{
		"run": "#!/bin/sh\ntrap 'rmdir ../.alone; exit 0' TERM\nmkdir ../.alone || { echo >../twice; exit 1; }\n" +
			"while :; do sleep 0.05; done\n",
		"restart-max": "0",
	})
	d.start()
	d.untilStat("foo", "up")
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
				cmd.Dir = d.path
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%q: %v: %s", argv, err, out)
					return
				}
			}
		})
	}
	clients.Wait()
	d.run("s6-svc", "-wD", "-T", "20000", "-d", "foo")
	d.untilStat("foo", "down")
	if _, err := os.Stat(filepath.Join(d.path, "twice")); err == nil {
		t.Error("want one run at a time, got two")
	}
	d.run("s6-svc", "-wu", "-T", "20000", "-u", "foo")
	d.untilStat("foo", "up")
}

func TestAKilledLoggerLosesNoLine(t *testing.T) {
	clause.Proves(t, "FAULT-09", "LOG-03")
	d := newScandir(t, true)
	t.Parallel()
	d.service("foo", map[string]string{
		"run":     "#!/bin/sh\nfor i in 1 2 3; do echo line $i; done\nexec sleep 3600\n",
		"log/run": "#!/bin/sh\nexec s6-log n3 s1000000 T ../../logs\n",
	})
	d.start()
	// A killed logger leaves current to its successor, who archives it.
	logged := func() int {
		files, _ := filepath.Glob(filepath.Join(d.path, "logs", "[@c]*"))
		lines := 0
		for _, name := range files {
			b, _ := os.ReadFile(name)
			lines += bytes.Count(b, []byte("line "))
		}
		return lines
	}
	d.poll("three lines", func() bool { return logged() == 3 })
	d.untilStat("foo/log", "up") // it writes lines before its supervisor has written that it is up
	d.newPid("foo/log", d.kill("foo/log"))
	d.run("s6-svc", "-wr", "-r", "foo")
	d.poll("six lines", func() bool { return logged() == 6 })
}
