package bootrecord

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
	"caduceus/internal/record"
)

// container is a root with a record and processes, as a healthy container has them: PID 1 and the user's supervisor.
type container struct {
	t    *testing.T
	root string
	boot record.Boot
}

func newContainer(t *testing.T) *container {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes owners")
	}
	c := &container{t: t, root: t.TempDir(), boot: record.Boot{
		Init: record.Process{PID: 1, Start: 500},
		User: &record.Supervisor{Process: record.Process{PID: 40, Start: 700}, Starts: 1, State: record.Up},
	}}
	c.must(os.MkdirAll(filepath.Join(c.root, record.Dir), 0o755))
	c.process(1, 'S', 500, 0, "s6-svscan", "/init")
	c.process(40, 'S', 700, 10000, "s6-svscan", "/init")
	c.write()
	return c
}

func (c *container) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *container) path(name string) string { return filepath.Join(c.root, record.Dir, name) }

func (c *container) write() {
	c.t.Helper()
	c.must(record.Write(filepath.Join(c.root, record.Dir), c.boot))
}

func (c *container) process(pid int, state byte, start int64, uid int, comm, exe string) {
	c.t.Helper()
	dir := filepath.Join(c.root, "proc", fmt.Sprint(pid))
	c.must(os.RemoveAll(dir))
	c.must(os.MkdirAll(dir, 0o755))
	for name, content := range map[string]string{
		"stat":   fmt.Sprintf("%d (a) b) %c 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 0 0 1 0 %d 0 0\n", pid, state, start),
		"status": fmt.Sprintf("Name:\tUid:\nUmask:\t0022\nUid:\t%d\t%d\t%d\t%d\n", uid, uid, uid, uid),
		"comm":   comm + "\n",
	} {
		c.must(os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	if exe != "" {
		c.must(os.Symlink(exe, filepath.Join(dir, "exe")))
	}
}

// says is all that a look finds, one line each.
func (c *container) says() string {
	var lines []string
	for _, p := range (Look{Root: c.root}).Problems() {
		if p.Fix == "" {
			c.t.Errorf("no fix for %+v", p)
		}
		lines = append(lines, p.Object+": "+p.Cause)
	}
	return strings.Join(lines, "\n")
}

func TestRecordIsReadAsWritten(t *testing.T) {
	clause.Proves(t, "HEALTH-04")
	c := newContainer(t)
	want := c.boot
	want.Schema = record.Schema
	got, owner, err := Read(filepath.Join(c.root, record.Dir))
	if diff := cmp.Diff(want, got); diff != "" || owner != 0 || err != nil {
		t.Errorf("%s, owner %d, error %v", diff, owner, err)
	}
	if said := c.says(); said != "" {
		t.Errorf("a healthy container: %s", said)
	}
}

func TestContainerWithoutASupervisorOfItsOwnIsHealthy(t *testing.T) {
	clause.Proves(t, "HEALTH-04")
	c := newContainer(t)
	c.boot.User = nil
	c.write()
	if said := c.says(); said != "" {
		t.Errorf("want nothing found, got %s", said)
	}
	// Started as hermes: record, PID 1 and directory are of one user.
	c.process(1, 'S', 500, 10000, "s6-svscan", "/init")
	c.must(os.Chown(c.path(""), 10000, 10000))
	c.must(os.Chown(c.path(record.Name), 10000, 10000))
	if said := c.says(); said != "" {
		t.Errorf("started as hermes: %s", said)
	}
}

func TestRecordThatOthersCanHaveWrittenCountsForNothing(t *testing.T) {
	clause.Proves(t, "HEALTH-04")
	for what, c := range map[string]struct {
		plant func(c *container) error
		says  string
	}{
		"of hermes in root's directory": {func(c *container) error { return os.Chown(c.path(record.Name), 10000, 10000) }, "others can have written"},
		"writable by its group":         {func(c *container) error { return os.Chmod(c.path(record.Name), 0o664) }, "others can have written"},
		"in a directory of all":         {func(c *container) error { return os.Chmod(c.path(""), 0o777) }, "others can have written"},
		"with a second name":            {func(c *container) error { return os.Link(c.path(record.Name), c.path("second")) }, "others can have written"},
		"a link": {func(c *container) error {
			return errors.Join(os.Rename(c.path(record.Name), c.path("real")), os.Symlink("real", c.path(record.Name)))
		}, "others can have written"},
		"a fifo": {func(c *container) error {
			return errors.Join(os.Remove(c.path(record.Name)), syscall.Mkfifo(c.path(record.Name), 0o644))
		}, "others can have written"},
		"a directory": {func(c *container) error {
			return errors.Join(os.Remove(c.path(record.Name)), os.Mkdir(c.path(record.Name), 0o755))
		}, "others can have written"},
		"without end": {func(c *container) error {
			return os.WriteFile(c.path(record.Name), []byte(strings.Repeat(" ", 1<<20)), 0o644)
		}, "larger"},
		"garbage":             {func(c *container) error { return os.WriteFile(c.path(record.Name), []byte("{"), 0o644) }, "cannot parse"},
		"empty":               {func(c *container) error { return os.WriteFile(c.path(record.Name), nil, 0o644) }, "cannot parse"},
		"of another form":     {func(c *container) error { return os.WriteFile(c.path(record.Name), []byte(`{"schema":"x"}`), 0o644) }, "schema"},
		"not there":           {func(c *container) error { return os.Remove(c.path(record.Name)) }, "no record"},
		"without a directory": {func(c *container) error { return os.RemoveAll(c.path("")) }, "no record"},
		"all of hermes, PID 1 of root": {func(c *container) error {
			return errors.Join(os.Chown(c.path(""), 10000, 10000), os.Chown(c.path(record.Name), 10000, 10000))
		}, "its record is of uid 10000"},
	} {
		t.Run(what, func(t *testing.T) {
			root := newContainer(t)
			root.must(c.plant(root))
			if said := root.says(); !strings.HasPrefix(said, "init: ") || !strings.Contains(said, c.says) {
				t.Errorf("want %q, got %q", c.says, said)
			}
		})
	}
}

// A process of hermes that the record of hermes calls init does not hide a PID 1 of root's.
func TestAnInitOfHermesHidesNoInitOfRoot(t *testing.T) {
	clause.Proves(t, "HEALTH-04")
	c := newContainer(t)
	c.boot = record.Boot{Init: record.Process{PID: 40, Start: 700}}
	c.write()
	c.must(os.Chown(c.path(""), 10000, 10000))
	c.must(os.Chown(c.path(record.Name), 10000, 10000))
	if said := c.says(); !strings.Contains(said, "of uid 10000, PID 1 is root's") {
		t.Errorf("want the wrong owner of the record named, got %q", said)
	}
	// Below the engine's own init, which has another name, it is what a start as hermes looks like.
	c.process(1, 'S', 1, 0, "docker-init", "/sbin/docker-init")
	if said := c.says(); said != "" {
		t.Errorf("under an init of the engine: %q", said)
	}
}

func TestProcessesThatAreNotAsRecordedAreNamed(t *testing.T) {
	clause.Proves(t, "HEALTH-04")
	for want, change := range map[string]func(c *container){
		"init: PID 1 runs with the uids [10000 10000 10000 10000], its record is of uid 0": func(c *container) { c.process(1, 'S', 500, 10000, "s6-svscan", "/init") },
		`init: PID 1 executes "/usr/bin/python3", not "/init"`:                             func(c *container) { c.process(1, 'S', 500, 0, "s6-svscan", "/usr/bin/python3") },
		`init: PID 1 is called "python3", not "s6-svscan"`:                                 func(c *container) { c.process(1, 'S', 500, 0, "python3", "") },
		"init: PID 1 is another one than at the boot":                                      func(c *container) { c.process(1, 'S', 501, 0, "s6-svscan", "/init") },
		"user's supervisor: it is gone: process 40 is not there":                           func(c *container) { c.must(os.RemoveAll(filepath.Join(c.root, "proc/40"))) },
		"user's supervisor: it is gone: process 40 is dead":                                func(c *container) { c.process(40, 'Z', 700, 10000, "x", "") },
		"user's supervisor: it is gone: process 40 is another one than at the boot":        func(c *container) { c.process(40, 'S', 9, 10000, "x", "/init") },
		"user's supervisor: process 40 is stopped, and answers nobody":                     func(c *container) { c.process(40, 'T', 700, 10000, "x", "/init") },
		`user's supervisor: it was replaced: process 40 executes "/bin/sh", not "/init"`:   func(c *container) { c.process(40, 'S', 700, 10000, "x", "/bin/sh") },
		"user's supervisor: process 40 runs with the uids [0 0 0 0], as root (<nil>)":      func(c *container) { c.process(40, 'S', 700, 0, "x", "/init") },
		"user's supervisor: it ended; the init waits before start 4": func(c *container) {
			c.boot.User.State, c.boot.User.Starts = record.Waiting, 3
			c.write()
		},
		"user's supervisor: it ended, and was started 2 times": func(c *container) {
			c.boot.User.Starts = 2
			c.write()
		},
	} {
		t.Run(want, func(t *testing.T) {
			c := newContainer(t)
			change(c)
			if diff := cmp.Diff(want, c.says()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSupervisorThatWasStartedAgainIsPast(t *testing.T) {
	c := newContainer(t)
	c.boot.User.Starts = 2
	c.write()
	if p := (Look{Root: c.root}).Problems(); len(p) != 1 || !p[0].Past {
		t.Errorf("problems %+v", p)
	}
}

// Whoever may not see what a process executes is told of no fault.
func TestExecutablesThatCannotBeSeenAreNoFault(t *testing.T) {
	c := newContainer(t)
	look := Look{Root: c.root, ReadExe: func(string, int) (string, error) { return "", fs.ErrPermission }}
	if p := look.Problems(); len(p) != 0 {
		t.Errorf("problems %+v", p)
	}
}
