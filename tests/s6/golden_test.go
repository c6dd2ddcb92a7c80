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

// withStatus makes a service directory that looks supervised, with a status file, and returns its supervise/.
func (d *scandir) withStatus(name string, status []byte) *held.Dir {
	d.Helper()
	path := filepath.Join(d.path, name, s6p.SuperviseDir)
	if err := os.MkdirAll(path, 0o755); err != nil {
		d.Fatal(err)
	}
	supervise, err := held.Open(path, held.FollowAll)
	if err != nil {
		d.Fatal(err)
	}
	lock, err := supervise.Lock(s6p.LockFile, 0o644)
	if err != nil {
		d.Fatal(err)
	}
	r, f, err := supervise.OpenFifo(s6p.ControlFile, 0o600)
	if err != nil {
		d.Fatal(err)
	}
	if err := supervise.WriteFile(s6p.StatusFile, status, held.Write{Mode: 0o644}); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _, _, _, _ = r.Close(), f.Close(), held.Unlock(lock), supervise.Close() })
	return supervise
}

// The real s6-svstat of this machine reads the golden vectors of SUP-17.
func TestRealClientsReadOurStatus(t *testing.T) {
	clause.Proves(t, "SUP-15", "SUP-17", "SUP-96")
	d := newScandir(t, true)
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
		d.withStatus(tt.name, tt.status.Encode())
		out, code := d.output("s6-svstat", tt.name)
		if plain(out) != tt.want || code != 0 {
			t.Errorf("%s: want s6-svstat to print %q, got %q, exit %d", tt.name, tt.want, plain(out), code)
		}
		applet, _ := d.applet(tt.name)
		if plain(applet) != tt.want {
			t.Errorf("%s: want our s6-svstat to print %q, got %q", tt.name, tt.want, plain(applet))
		}
	}
	// Release 2.11 has no such state; 2.13.2 and later print a blank more than we do.
	d.withStatus("new", s6p.Status{WantUp: true, Ready: true, NotStarted: true}.Encode())
	out, _ := d.output("s6-svstat", "new")
	if got := plain(out); !strings.HasPrefix(got, "down (exitcode 0) S seconds") && !strings.HasPrefix(got, "down (not started yet)") {
		t.Errorf("want s6-svstat to print that nothing has started, got %q", got)
	}
}

func TestRealClientsReadOurTally(t *testing.T) {
	clause.Proves(t, "SUP-18", "SUP-96")
	d := newScandir(t, true)
	supervise := d.withStatus("foo", s6p.Status{Ready: true}.Encode())
	at := time.Date(2026, 1, 1, 0, 0, 2, 0, time.UTC)
	deaths := []s6p.Death{s6p.DeathOf(at, syscall.WaitStatus(9)), s6p.DeathOf(at, 3<<8)}
	if err := supervise.WriteFile(s6p.TallyFile, s6p.EncodeTally(deaths), held.Write{Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	out, code := d.output("s6-svdt", "foo")
	want := "@400000006955b92700000000 signal SIGKILL\n@400000006955b92700000000 exitcode 3\n"
	if out != want || code != 0 {
		t.Errorf("want s6-svdt to print\n%sgot, with exit %d,\n%s", want, code, out)
	}
}

// What the real supervisor writes is what ours would.
func TestWeReadTheStatusOfS6(t *testing.T) {
	clause.Proves(t, "SUP-18")
	d := newScandir(t, false)
	d.service("foo", map[string]string{"run": sleeper})
	d.start()
	d.untilStat("foo", "up")
	if up, err := s6p.Supervised(filepath.Join(d.path, "foo")); err != nil || !up {
		t.Errorf("want foo supervised, got %v, %v", up, err)
	}
	d.run("s6-svc", "-wD", "-kO", "foo")
	deaths, err := s6p.ReadTally(filepath.Join(d.path, "foo"))
	if err != nil || len(deaths) != 1 || deaths[0].Signal != 9 || deaths[0].ExitCode != 137 {
		t.Fatalf("want one death by signal 9 in the tally, got %+v, %v", deaths, err)
	}
	if age := time.Since(deaths[0].Time); age < 0 || age > time.Hour {
		t.Errorf("want a death just now, got one %v ago: the offset of TAI is wrong", age)
	}
	raw, err := os.ReadFile(filepath.Join(d.path, "foo", "supervise", "status"))
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
			t.Errorf("want the status of s6 encoded as\n%x, got\n%x", raw, ours)
		}
	}
}
