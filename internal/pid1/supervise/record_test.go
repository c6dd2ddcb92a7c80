package supervise

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/held"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/s6"
)

func fullRecord() (record, clock) {
	now := time.Now()
	m := inState(stUp)
	m.status = s6.Status{Stamp: at(now, -3), ReadyStamp: at(now, -2), Pid: 77, PGID: 77, Wait: 9, WantUp: true, Ready: true, Paused: true}
	m.timer, m.stableAt, m.start = now.Add(time.Second), now.Add(time.Minute), now.Add(-time.Second)
	m.ready, m.end, m.dying, m.asked = now, now.Add(-time.Hour), true, `tK`
	m.backoff, m.counted, m.backingOff = backoff{7, 4 * time.Second}, true, true
	m.unstarted = 2
	r := record{m: m, pid: 77, start: 4711, isFinish: true, dropped: true, log: 5, outputs: [2]uint64{6, 7}, ready: 8, readyFD: 3}
	return r, newClock(now)
}

// at is a wall clock time, as a status has it.
func at(now time.Time, seconds int) time.Time {
	return now.Add(time.Duration(seconds) * time.Second).Round(0).UTC()
}

// A successor reads just what was written, whatever its own clock began at.
func TestRecordIsReadAsItWasWritten(t *testing.T) {
	clause.Proves(t, "SUP-114")
	for name, change := range map[string]func(*record){
		"full": func(*record) {}, "empty": func(r *record) { *r = record{m: newMachine(time.Now(), false)} },
		"no letters": func(r *record) { r.m.asked = "" },
	} {
		t.Run(name, func(t *testing.T) {
			r, c := fullRecord()
			change(&r)
			text := r.encode(c)
			later := clock{c.now.Add(time.Hour), c.uptime + time.Hour}
			got, err := decodeRecord(text, later)
			if err != nil || len(text) > maxRecord {
				t.Fatalf("%q: %v", text, err)
			}
			r.m.status, _ = s6.DecodeStatus(r.m.status.Encode())
			if diff := cmp.Diff(r, got, cmp.AllowUnexported(record{}, machine{}, backoff{})); diff != "" {
				t.Error(diff)
			}
			if !got.m.timer.IsZero() && !strings.Contains(got.m.timer.String(), " m=") {
				t.Errorf("a timer without a monotonic reading: %v", got.m.timer)
			}
		})
	}
}

func FuzzRecord(f *testing.F) {
	r, c := fullRecord()
	text := r.encode(c)
	f.Add(text)
	for _, change := range [][2]string{
		{"state 1", "state 7"},
		{"state 1", "state 300"},
		{"pid 77", "pid 0"},
		{"pid 77", "pid -1"},
		{"start 4711", "start 0"},
		{"fails 7", "fails -7"},
		{"unstarted 2", "unstarted -2"},
		{"true", "maybe"},
		{"\n", ""},
		{"\n", "\n\n"},
		{"pid 77", "pid 077"},
		{"1 state", "2 state"},
		{"status 4", "status "},
		{"asked \"", "asked \"" + strings.Repeat("t", 2*maxRecord)},
	} {
		bad := strings.Replace(text, change[0], change[1], 1)
		if _, err := decodeRecord(bad, c); !errors.Is(err, errRecord) {
			f.Errorf("%v: %v, want errRecord", change, err)
		}
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := decodeRecord(text, c)
		if err == nil && r.encode(c) != text {
			t.Errorf("%q is read as %q", text, r.encode(c))
		}
		if err != nil && !errors.Is(err, errRecord) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// successor starts a supervisor on a directory of which another process, now dead, had left this.
func successor(t *testing.T, files map[string]string, left func(dir string)) *rig {
	t.Helper()
	r := newRig(t, files)
	r.change = func(o *Options) { o.Record, o.Adopt = true, true }
	if err := os.Mkdir(r.path+"/supervise", 0o700); err != nil {
		t.Fatal(err)
	}
	left(r.path + "/supervise/")
	return r.start()
}

func status(up bool) string {
	return string(s6.Status{Stamp: time.Now(), ReadyStamp: time.Now(), WantUp: up, Ready: true}.Encode())
}

// What cannot be read is as if it were not there, and is named; what is wanted is what the status has.
func TestRecordThatCannotBeRead(t *testing.T) {
	clause.Proves(t, "SUP-115", "FAULT-11")
	stale, c := fullRecord()
	for name, test := range map[string]struct {
		left func(path string) error
		want string
	}{
		"corrupt":   {func(p string) error { return os.WriteFile(p, []byte("x"), 0o644) }, "not a record"},
		"empty":     {func(p string) error { return os.WriteFile(p, nil, 0o644) }, "not a record"},
		"huge":      {func(p string) error { return os.WriteFile(p, make([]byte, 1<<20), 0o644) }, "larger than 1024 bytes"},
		"fifo":      {func(p string) error { return unix.Mkfifo(p, 0o644) }, "not a regular file"},
		"directory": {func(p string) error { return os.Mkdir(p, 0o755) }, "not a regular file"},
		"link":      {func(p string) error { return os.Symlink("/etc/passwd", p) }, "a symbolic link"},
		"another user's": {func(p string) error {
			return errors.Join(os.WriteFile(p, []byte(stale.encode(c)), 0o644), os.Chown(p, 4711, 4711))
		}, "belongs to uid 4711"},
		"no service": {func(p string) error { // a process that leads no session of its own
			r := stale
			r.pid = os.Getpid()
			r.start = proc.StartOf(r.pid)
			return os.WriteFile(p, []byte(r.encode(c)), 0o644)
		}, "is no service of this supervisor"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "another user's" && os.Geteuid() != 0 {
				t.Skip("needs root: changes owners")
			}
			r := successor(t, map[string]string{"run": sleeper, "down": ""}, func(dir string) {
				if err := errors.Join(test.left(dir+"record"), os.WriteFile(dir+"status", []byte(status(true)), 0o644)); err != nil {
					t.Fatal(err)
				}
			})
			if name == "directory" { // nothing can be put in its place
				r.poll("run is not started", func() bool { return strings.Contains(r.said(), "cannot start run: cannot write") })
				return
			}
			r.wait(Up)
			if said := r.said(); !strings.Contains(said, test.want) || strings.Count(said, "\n") > 0 {
				t.Errorf("log:\n%s", said)
			}
		})
	}
}

func TestWithoutARecordTheStatusSaysWhatIsWanted(t *testing.T) {
	clause.Proves(t, "SUP-115")
	for name, test := range map[string]struct {
		files map[string]string
		left  string
		up    bool
	}{
		"up by command":     {map[string]string{"run": sleeper, "down": ""}, status(true), true},
		"down by command":   {map[string]string{"run": sleeper}, status(false), false},
		"nothing, up":       {map[string]string{"run": sleeper}, "", true},
		"nothing, down":     {map[string]string{"run": sleeper, "down": ""}, "", false},
		"no status of ours": {map[string]string{"run": sleeper}, "x", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := successor(t, test.files, func(dir string) {
				if test.left != "" {
					if err := os.WriteFile(dir+"status", []byte(test.left), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			})
			r.wait(Supervised)
			if st := r.service.Status(); st.WantUp != test.up {
				t.Errorf("%+v", st)
			}
		})
	}
}

// A process may be run although no record tells of it: nothing is started beside it.
func TestNothingIsStartedBesideAProcessThatMayBeRun(t *testing.T) {
	clause.Proves(t, "SUP-115")
	for name, hint := range map[string]string{"by its directory": "here", "by the status": "status"} {
		t.Run(name, func(t *testing.T) {
			stray := exec.Command("/bin/sleep", "600")
			stray.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			r := successor(t, map[string]string{"run": sleeper}, func(dir string) {
				st := s6.Status{WantUp: true}
				stray.Dir = dir + ".."
				if hint == "status" {
					stray.Dir = "/"
				}
				if err := stray.Start(); err != nil {
					t.Fatal(err)
				}
				if hint == "status" {
					st.Pid, st.PGID = stray.Process.Pid, stray.Process.Pid
				}
				if err := errors.Join(os.WriteFile(dir+"status", st.Encode(), 0o644), os.WriteFile(dir+"record", []byte("x"), 0o644)); err != nil {
					t.Fatal(err)
				}
			})
			r.poll("it is refused", func() bool { return strings.Contains(r.said(), "may be its run or finish") })
			if r.read("pids") != "" {
				t.Error("run was started")
			}
			if err := stray.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			r.poll("it is started", func() bool {
				r.service.RetrySetup()
				return r.service.Status().Up()
			})
		})
	}
}

// Where no successor is to come, nothing more is written, and programs are started directly.
func TestNoRecordUnlessItIsAskedFor(t *testing.T) {
	clause.Proves(t, "SUP-114")
	r := newRig(t, map[string]string{"run": sleeper}).start()
	r.wait(Up)
	if _, err := os.Lstat(r.path + "/supervise/record"); err == nil {
		t.Error("there is a record")
	}
}

// A supervisor that ends in order leaves no record: the next one begins afresh.
func TestRecordEndsWithItsSupervisor(t *testing.T) {
	clause.Proves(t, "SUP-114")
	r := successor(t, map[string]string{"run": sleeper}, func(dir string) {
		if err := os.WriteFile(dir+".record.99999.new", nil, 0o644); err != nil {
			t.Fatal(err)
		}
	})
	r.wait(Up)
	if r.read("supervise/record") == "" {
		t.Error("there is no record")
	}
	r.service.Command("xd")
	r.wait(Gone)
	dir, err := held.Open(r.path+"/supervise", held.FollowAll)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	if err := dir.EachName(func(name string) {
		if strings.Contains(name, "record") {
			t.Errorf("%s is left", name)
		}
	}); err != nil {
		t.Error(err)
	}
}
