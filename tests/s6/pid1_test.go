package s6

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/rig"
)

// pid1 is a scandir whose scanner is the PID 1 of new namespaces, with /run as its scandir.
type pid1 struct {
	*scandir
	root rig.Root
}

func newPID1(t *testing.T) *pid1 {
	t.Helper()
	d := newScandir(t, true)
	root, err := rig.NewRoot(d.path)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(subject())
	if err != nil {
		t.Fatal(err)
	}
	if err := writeProgram(root.Path("s6-svscan"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	d.path = root.Path("run")
	return &pid1{scandir: d, root: root}
}

// start starts the scanner with these mount flags of its scandir. Clients outside see the same files.
func (d *pid1) start(flags uintptr) {
	d.Helper()
	command, err := d.root.Command(rig.Entry{
		Argv: []string{"/s6-svscan", "/run"}, Env: environ(), Dir: "/run", RunDir: true, RunFlags: flags,
	})
	if err != nil {
		d.Fatal(err)
	}
	d.cmd = command
	d.cmd.Stdout, d.cmd.Stderr = &d.out, &d.log
	d.cmd.WaitDelay = time.Second
	if err := d.cmd.Start(); errors.Is(err, unix.EPERM) {
		d.Skip("makes namespaces, which needs CAP_SYS_ADMIN: ", err)
	} else if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(d.stop)
}

func TestPID1ReapsOrphans(t *testing.T) {
	clause.Proves(t, "FAULT-01", "SUP-81")
	t.Parallel()
	d := newPID1(t)
	d.service("foo", map[string]string{
		"run": "#!/bin/sh\ni=0\nwhile [ $i -lt 1000 ]; do (true & ) & i=$((i+1)); done\nwait\n" +
			"until ! grep -q 'State:.Z' /proc/[0-9]*/status 2>/dev/null; do sleep 0.05; done\n" +
			"cat /proc/1/comm >../done\nexec sleep 3600\n",
	})
	d.start(0)
	if got := strings.TrimSpace(d.file("done")); got != "s6-svscan" {
		t.Errorf("want PID 1 called s6-svscan, got %q", got)
	}
	d.untilStat("foo", "up")
}

func TestScriptsRunOnANoexecMount(t *testing.T) {
	clause.Proves(t, "SUP-27")
	t.Parallel()
	d := newPID1(t)
	d.service("foo", map[string]string{
		"run":    "#!/bin/sh -e\necho \"$0 $*\" >../ran\nexec sleep 3600\n",
		"finish": "#!/bin/sh\necho \"$0 $1 $2 $3\" >../finished\n",
	})
	d.service("locked", map[string]string{"run": sleeper, "lock-fd": "3"})
	d.service("binary", map[string]string{"run": "\x7fELF", "down": ""})
	d.start(unix.MS_NOEXEC)
	if got := d.file("ran"); got != "./run foo\n" {
		t.Errorf("want run called as %q, got %q", "./run foo\n", got)
	}
	d.untilStat("foo", "up")
	d.untilStat("locked", "up")
	d.run("s6-svc", "-wD", "-d", "foo")
	if got := d.file("finished"); got != "./finish 256 15 foo\n" {
		t.Errorf("want finish called as %q, got %q", "./finish 256 15 foo\n", got)
	}
	d.run("s6-svc", "-u", "binary")
	d.run("s6-svc", "-wr", "-r", "locked")
}
