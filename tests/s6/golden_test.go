package s6

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/held"
	s6p "caduceus/internal/s6"
)

// still makes a service directory that looks supervised, with a status file.
func (w *world) still(name string, status []byte) *held.Dir {
	w.Helper()
	if err := os.MkdirAll(filepath.Join(w.dir, name, s6p.SuperviseDir), 0o755); err != nil {
		w.Fatal(err)
	}
	d, err := held.Open(filepath.Join(w.dir, name, s6p.SuperviseDir), held.Follow)
	if err != nil {
		w.Fatal(err)
	}
	lock, err := d.Lock(s6p.LockFile, 0o644)
	if err != nil {
		w.Fatal(err)
	}
	r, f, err := d.OpenFifo(s6p.ControlFile, 0o600)
	if err != nil {
		w.Fatal(err)
	}
	if err := d.WriteFile(s6p.StatusFile, status, held.Write{Mode: 0o644}); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _, _, _, _ = r.Close(), f.Close(), held.Unlock(lock), d.Close() })
	return d
}

// TestRealClientsReadOurStatus: the golden vectors of SUP-17, read by the real
// s6-svstat of this machine.
func TestRealClientsReadOurStatus(t *testing.T) {
	clause.Proves(t, "SUP-15", "SUP-17", "SUP-96")
	w := newWorld(t, true)
	tests := []struct {
		name   string
		status s6p.Status
		want   string
	}{
		{"up", s6p.Status{Pid: 77, WantUp: true}, "up (pid N) S seconds"},
		{"paused", s6p.Status{Pid: 77, WantUp: true, Paused: true}, "up (pid N) S seconds, paused"},
		{"ready", s6p.Status{Pid: 77, WantUp: true, Ready: true}, "up (pid N) S seconds, ready S seconds"},
		{
			"finishing",
			s6p.Status{Pid: 78, WantUp: true, Finishing: true, Wait: 9},
			"down (signal SIGKILL) S seconds, normally up, want up",
		},
		{
			"killed",
			s6p.Status{WantUp: true, Ready: true, Wait: 9},
			"down (signal SIGKILL) S seconds, normally up, want up, ready S seconds",
		},
		{"exited", s6p.Status{Ready: true, Wait: 0x300}, "down (exitcode 3) S seconds, normally up, ready S seconds"},
		{"core", s6p.Status{Ready: true, Wait: 0x8b}, "down (signal SIGSEGV) S seconds, normally up, ready S seconds"},
	}
	for _, tt := range tests {
		tt.status.Stamp = time.Now().Add(-5 * time.Second)
		tt.status.ReadyStamp = time.Now().Add(-3 * time.Second)
		tt.status.PGID = tt.status.Pid
		w.still(tt.name, tt.status.Encode())
		out, code := w.output("s6-svstat", tt.name)
		if plain(out) != tt.want || code != 0 {
			t.Errorf("%s: %q, exit %d, want %q", tt.name, plain(out), code, tt.want)
		}
		applet, _ := w.applet(tt.name)
		if plain(applet) != tt.want {
			t.Errorf("%s: applet says %q, want %q", tt.name, plain(applet), tt.want)
		}
	}
	// 2.11 knows nothing of it, 2.13.2 and later print a blank more.
	w.still("new", s6p.Status{WantUp: true, Ready: true, NotStarted: true}.Encode())
	out, _ := w.output("s6-svstat", "new")
	if got := plain(out); !strings.HasPrefix(got, "down (exitcode 0) S seconds") && !strings.HasPrefix(got, "down (not started yet)") {
		t.Errorf("not started: %q", got)
	}
}

func TestRealClientsReadOurTally(t *testing.T) {
	clause.Proves(t, "SUP-18", "SUP-96")
	w := newWorld(t, true)
	d := w.still("foo", s6p.Status{Ready: true}.Encode())
	at := time.Date(2026, 1, 1, 0, 0, 2, 0, time.UTC)
	deaths := []s6p.Death{s6p.DeathOf(at, syscall.WaitStatus(9)), s6p.DeathOf(at, 3<<8)}
	if err := d.WriteFile(s6p.TallyFile, s6p.EncodeTally(deaths), held.Write{Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	out, code := w.output("s6-svdt", "foo")
	want := "@400000006955b92700000000 signal SIGKILL\n@400000006955b92700000000 exitcode 3\n"
	if out != want || code != 0 {
		t.Errorf("s6-svdt: exit %d\n%swant\n%s", code, out, want)
	}
}

// TestWeReadTheirs: what the real supervisor writes is what we would.
func TestWeReadTheirs(t *testing.T) {
	clause.Proves(t, "SUP-18")
	w := newWorld(t, false)
	w.service("foo", map[string]string{"run": sleeper})
	w.start()
	w.untilStat("foo", "up")
	if up, err := s6p.Supervised(filepath.Join(w.dir, "foo")); err != nil || !up {
		t.Errorf("supervised: %v, %v", up, err)
	}
	w.run("s6-svc", "-wD", "-kO", "foo")
	deaths, err := s6p.ReadTally(filepath.Join(w.dir, "foo"))
	if err != nil || len(deaths) != 1 || deaths[0].Signal != 9 || deaths[0].ExitCode != 137 {
		t.Errorf("tally %+v, %v", deaths, err)
	}
	if age := time.Since(deaths[0].Time); age < 0 || age > time.Hour {
		t.Errorf("death %v ago: the offset of TAI is wrong", age)
	}
	raw, err := os.ReadFile(filepath.Join(w.dir, "foo", "supervise", "status"))
	if err != nil {
		t.Fatal(err)
	}
	// Releases differ in length; 2.11 and 2.14 and later have the first 35 bytes.
	if len(raw) == 35 {
		theirs, err := s6p.DecodeStatus(append(raw, append(make([]byte, 7), raw[34])...))
		if err != nil {
			t.Fatal(err)
		}
		if ours := theirs.Encode()[:35]; hex.EncodeToString(ours) != hex.EncodeToString(raw) {
			t.Errorf("encoded again\n%x, theirs\n%x", ours, raw)
		}
	}
}
