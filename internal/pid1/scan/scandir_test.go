package scan

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/supervise"
	"caduceus/internal/s6"
)

func TestFinishHasWhatIsLeftOfTheGrace(t *testing.T) {
	clause.Proves(t, "SUP-79")
	for died, want := range map[time.Duration]time.Duration{
		100 * time.Millisecond: 2900 * time.Millisecond, 3 * time.Second: time.Second, time.Minute: time.Second,
	} {
		if got := finishGrace(3*time.Second, died); got != want {
			t.Errorf("of a service that died after %v: %v, want %v", died, got, want)
		}
	}
}

const patience = 30 * time.Second

const sleeper = "#!/bin/sh\nexec sleep 3600\n"

// rig is a scandir with real processes.
type rig struct {
	*testing.T
	path    string
	scandir *Scandir
	out     *os.File

	mu  sync.Mutex
	log []string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, path: t.TempDir()}
	procs, err := proc.NewTable()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(procs.Close)
	if r.out, err = os.Create(filepath.Join(t.TempDir(), "out")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.out.Close() })
	r.scandir, err = Open(r.options(procs))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- r.scandir.Run(context.Background()) }()
	t.Cleanup(func() {
		r.scandir.Freeze()
		r.scandir.StopServices(context.Background(), r.scandir.mains(), func(string) time.Duration { return time.Second })
		r.scandir.CloseLoggers(context.Background(), time.Second)
		if err := r.scandir.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
	return r
}

func (r *rig) options(procs *proc.Table) Options {
	return Options{
		Dir: r.path, Procs: procs, Log: log.Logger{Sink: r.note}, Environ: os.Environ, Stdout: r.out, Stderr: r.out, Boot: true,
	}
}

func (r *rig) note(level log.Level, _, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, level.String()+" "+text)
}

func (r *rig) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.log, "\n")
}

func (r *rig) file(name, text string) {
	r.Helper()
	path := filepath.Join(r.path, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) waitUp(name string) {
	r.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	service := r.scandir.Service(name)
	if service == nil {
		r.Fatalf("no service %q; log:\n%s", name, r.said())
	}
	if err := service.Wait(ctx, supervise.Up); err != nil {
		r.Fatalf("service %q is not up: %v; log:\n%s", name, err, r.said())
	}
}

func (r *rig) poll(what string, ok func() bool) {
	r.Helper()
	for end := time.Now().Add(patience); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.Fatalf("gave up waiting: %s; log:\n%s", what, r.said())
		}
	}
}

func TestAScanTakesDirectoriesByName(t *testing.T) {
	clause.Proves(t, "SUP-50", "SUP-51")
	r := newRig(t)
	r.file("foo/run", sleeper)
	r.file("foo/log/run", sleeper)
	r.file("bar/run", sleeper)
	r.file(".dot/run", sleeper)
	r.file("plain", "no directory")
	r.file(strings.Repeat("n", s6.MaxNameLen+1)+"/run", sleeper)
	r.scandir.Scan()
	if got, want := r.scandir.Names(), []string{"bar", "foo", "foo/log"}; !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	for _, name := range r.scandir.Names() {
		r.waitUp(name)
	}
	if r.scandir.Service("plain") != nil {
		t.Error("a plain file is a service")
	}
	if info, err := os.Stat(filepath.Join(r.path, s6.SvscanDir)); err != nil || info.Mode().Perm() != modeSvscanBoot {
		t.Errorf("control directory: %v, %v", info, err)
	}
	if !strings.Contains(r.said(), "name longer than 251 bytes") {
		t.Errorf("log:\n%s", r.said())
	}
}

func TestSecondOpenIsBusy(t *testing.T) {
	clause.Proves(t, "FAULT-17", "FAULT-20", "SUP-50")
	r := newRig(t)
	if _, err := Open(r.options(nil)); !errors.Is(err, ErrBusy) {
		t.Errorf("second open: %v, want ErrBusy", err)
	}
	if err := s6.SendScanControl(r.path, "a"); err != nil {
		t.Errorf("the first one was disturbed: %v", err)
	}
}

func TestDanglingLinksAreUnlinkedAtStartOnly(t *testing.T) {
	clause.Proves(t, "FAULT-16", "SUP-51")
	r := newRig(t)
	link := filepath.Join(r.path, "late")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	r.scandir.Scan()
	if _, err := os.Lstat(link); err != nil {
		t.Errorf("unlinked by a scan: %v", err)
	}
	r.scandir.unlinkDangling()
	if _, err := os.Lstat(link); err == nil {
		t.Error("not unlinked at start")
	}
}

func TestLettersOfTheControlFifo(t *testing.T) {
	clause.Proves(t, "SUP-57", "SVC-08")
	r := newRig(t)
	r.file("foo/run", sleeper)
	if err := s6.SendScanControl(r.path, "zwa"); err != nil {
		t.Fatal(err)
	}
	r.poll("scanned", func() bool { return r.scandir.Service("foo") != nil })
	if !strings.Contains(r.said(), `unknown letter 'w'`) {
		t.Errorf("log:\n%s", r.said())
	}
	if err := s6.SendScanControl(r.path, "tiqb"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []byte("tiqb") {
		select {
		case got := <-r.scandir.Requests():
			if got != want {
				t.Errorf("request %q, want %q", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("no request %q", want)
		}
	}
}

func TestTooManyRequestsAreDropped(t *testing.T) {
	clause.Proves(t, "SUP-57", "SUP-89")
	r := newRig(t)
	r.file("foo/run", sleeper)
	for range 5 * requestQueue {
		r.scandir.obey('t')
	}
	r.scandir.obey('a')
	r.waitUp("foo")
}

func TestStopServices(t *testing.T) {
	clause.Proves(t, "BOOT-16", "SUP-79", "SUP-80")
	r := newRig(t)
	r.file("gentle/run", sleeper)
	r.file("gentle/finish", "#!/bin/sh\necho >../../finished\n")
	r.file("stubborn/run", "#!/bin/sh\ntrap '' TERM\necho >../.deaf\nwhile :; do sleep 0.1; done\n")
	r.scandir.Scan()
	r.waitUp("gentle")
	r.poll("the stubborn one is deaf", func() bool {
		_, err := os.Stat(filepath.Join(r.path, ".deaf"))
		return err == nil
	})
	stubborn := r.scandir.Service("stubborn")
	r.scandir.Freeze()
	r.scandir.StopServices(context.Background(), []string{"gentle", "stubborn", "unknown"},
		func(string) time.Duration { return 100 * time.Millisecond })
	if st := stubborn.Status(); !st.Wait.Signaled() || st.Wait.Signal() != syscall.SIGKILL {
		t.Errorf("stubborn service ended with %#x", st.Wait)
	}
	if names := r.scandir.Names(); len(names) != 0 {
		t.Errorf("left: %q", names)
	}
	r.scandir.Scan() // starts nothing any more
	if names := r.scandir.Names(); len(names) != 0 {
		t.Errorf("started after the freeze: %q", names)
	}
}

func TestStopServicesEndsWithItsContext(t *testing.T) {
	clause.Proves(t, "SUP-80")
	r := newRig(t)
	r.file("foo/run", "#!/bin/sh\ntrap '' TERM\necho >../.deaf\nwhile :; do sleep 0.1; done\n")
	r.scandir.Scan()
	r.poll("it is deaf", func() bool {
		_, err := os.Stat(filepath.Join(r.path, ".deaf"))
		return err == nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r.scandir.Freeze()
	r.scandir.StopServices(ctx, []string{"foo"}, func(string) time.Duration { return 0 })
	// The stop returned although run lives. Its supervisor may have been too busy to obey yet.
	r.poll("up, and not wanted", func() bool {
		st := r.scandir.Service("foo").Status()
		return st.Up() && !st.WantUp
	})
	r.scandir.Service("foo").Expire()
}

func TestCloseLoggersGivesThemTheEnd(t *testing.T) {
	clause.Proves(t, "SUP-54", "SUP-79")
	r := newRig(t)
	r.file("foo/run", "#!/bin/sh\necho last words\nexec sleep 3600\n")
	r.file("foo/log/run", "#!/bin/sh\ncat >../../.logged\necho end >>../../.logged\n")
	r.file("bar/run", sleeper)
	r.file("bar/log/run", sleeper) // does not read
	r.scandir.Scan()
	r.waitUp("foo")
	r.waitUp("bar/log")
	r.poll("logged", func() bool {
		b, _ := os.ReadFile(filepath.Join(r.path, ".logged"))
		return strings.Contains(string(b), "last words")
	})
	deaf := r.scandir.Service("bar/log")
	r.scandir.Freeze()
	r.scandir.StopServices(context.Background(), []string{"foo", "bar"}, func(string) time.Duration { return time.Second })
	r.scandir.CloseLoggers(context.Background(), 50*time.Millisecond)
	if b, _ := os.ReadFile(filepath.Join(r.path, ".logged")); string(b) != "last words\nend\n" {
		t.Errorf("logged %q", b)
	}
	if st := deaf.Status(); st.Wait.Signal() != syscall.SIGTERM {
		t.Errorf("the logger that does not read ended with %#x", st.Wait)
	}
}

func TestSupervisorThatLeftComesBack(t *testing.T) {
	clause.Proves(t, "SUP-53")
	r := newRig(t)
	r.file("foo/run", sleeper)
	r.scandir.Scan()
	r.waitUp("foo")
	first := r.scandir.Service("foo")
	first.Command("xd")
	r.poll("another supervisor", func() bool {
		second := r.scandir.Service("foo")
		return second != nil && second != first
	})
	r.waitUp("foo")
}

func TestBadEntryDoesNotStopTheScan(t *testing.T) {
	clause.Proves(t, "SUP-52")
	r := newRig(t)
	if err := os.Symlink("bad", filepath.Join(r.path, "bad")); err != nil { // a loop
		t.Fatal(err)
	}
	r.file("good/run", sleeper)
	r.scandir.Scan()
	r.waitUp("good")
	if !strings.Contains(r.said(), `skipped "bad"`) {
		t.Errorf("log:\n%s", r.said())
	}
}

func TestScanThatSeesNothingEndsNothing(t *testing.T) {
	clause.Proves(t, "SUP-51")
	r := newRig(t)
	r.file("foo/run", sleeper)
	r.scandir.Scan()
	r.waitUp("foo")
	if err := r.scandir.dir.Close(); err != nil {
		t.Fatal(err)
	}
	r.scandir.obey('h')
	if got := r.scandir.Names(); len(got) != 1 || got[0] != "foo" {
		t.Errorf("services %q, want foo; log:\n%s", got, r.said())
	}
	if !strings.Contains(r.said(), "cannot read scandir") {
		t.Errorf("log:\n%s", r.said())
	}
}

func TestLogPipeClosesWithItsLastUser(t *testing.T) {
	clause.Proves(t, "SUP-54")
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := newLogPipe(in, out)
	w, dropWriter := p.use(false)
	rd, dropReader := p.use(true)
	p.release()
	p.release() // twice is once
	if _, err := w.WriteString("x"); err != nil {
		t.Errorf("write after the release: %v", err)
	}
	dropWriter()
	if _, err := w.WriteString("x"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write after the drop: %v", err)
	}
	buf := make([]byte, 2)
	if n, err := rd.Read(buf); n != 1 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	dropReader()
	if _, err := rd.Read(buf); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read after the drop: %v", err)
	}
}

func TestNewDirectoryWaitsForItsName(t *testing.T) {
	clause.Proves(t, "SLOT-14", "SUP-55")
	r := newRig(t)
	elsewhere := t.TempDir()
	r.file("foo/run", sleeper)
	r.scandir.Scan()
	r.waitUp("foo")
	first := r.scandir.Service("foo")
	if err := os.Rename(filepath.Join(r.path, "foo"), filepath.Join(elsewhere, "foo")); err != nil {
		t.Fatal(err)
	}
	r.file("foo/run", sleeper)
	r.scandir.Scan()
	if r.scandir.Service("foo") != first {
		t.Error("second supervisor beside the first")
	}
	if up, err := s6.Supervised(filepath.Join(r.path, "foo")); up || err != nil {
		t.Errorf("the new directory is supervised: %v, %v", up, err)
	}
	r.scandir.Prune(false)
	r.poll("the new directory is supervised", func() bool {
		up, err := s6.Supervised(filepath.Join(r.path, "foo"))
		return up && err == nil
	})
	r.waitUp("foo")
}
