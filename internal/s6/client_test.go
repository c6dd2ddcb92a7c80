package s6

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/held"
)

func openDir(t *testing.T, path string) *held.Dir {
	t.Helper()
	d, err := held.Open(path, held.FollowAll)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestSupervisedSeesTheLockOfASupervisor(t *testing.T) {
	clause.Proves(t, "FAULT-17", "SUP-19", "SUP-93")
	base := t.TempDir()
	supervise := filepath.Join(base, SuperviseDir)
	if err := os.Mkdir(supervise, 0o700); err != nil {
		t.Fatal(err)
	}
	probe := func(want bool) {
		t.Helper()
		if got, err := Supervised(base); got != want || err != nil {
			t.Errorf("supervised: %v, %v, want %v", got, err, want)
		}
	}
	probe(false)
	d := openDir(t, supervise)
	lock, err := d.Lock(LockFile, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	probe(true)
	if _, err := d.Lock(LockFile, 0o644); !errors.Is(err, held.ErrBusy) {
		t.Errorf("second lock: %v, want held.ErrBusy", err)
	}
	probe(true) // closing a descriptor of the file loses no OFD lock
	dup, err := unix.Dup(int(lock.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(dup) }()
	if err := held.Unlock(lock); err != nil {
		t.Error(err)
	}
	probe(false) // though a child may still hold the description
}

func TestSendControlNeedsAReader(t *testing.T) {
	clause.Proves(t, "SUP-110", "SVC-06")
	base := t.TempDir()
	if err := SendControl(base, "u"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without fifo: %v", err)
	}
	if err := os.Mkdir(filepath.Join(base, SuperviseDir), 0o700); err != nil {
		t.Fatal(err)
	}
	d := openDir(t, filepath.Join(base, SuperviseDir))
	r, w, err := d.OpenFifo(ControlFile, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := SendControl(base, "du"); err != nil {
		t.Error(err)
	}
	buf := make([]byte, 8)
	if n, err := r.Read(buf); string(buf[:n]) != "du" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	_, _ = r.Close(), w.Close()
	if err := SendControl(base, "u"); !errors.Is(err, ErrNotSupervised) {
		t.Errorf("without reader: %v", err)
	}
}

// A fifo or device in the place of a file gives the default and a warning.
func TestReadingTheConfigurationNeverWaits(t *testing.T) {
	clause.Proves(t, "SUP-89")
	path := t.TempDir()
	fifo := filepath.Join(path, "timeout-kill")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writer.Close() }()
	if err := os.Symlink("/dev/zero", filepath.Join(path, "down-signal")); err != nil {
		t.Fatal(err)
	}
	long := append([]byte("7\n"), make([]byte, 1<<20)...)
	if err := os.WriteFile(filepath.Join(path, "max-death-tally"), long, 0o600); err != nil {
		t.Fatal(err)
	}
	config, warnings := ReadConfigDir(openDir(t, path), 64)
	want := defaultConfig()
	want.TallyLimit = 7
	if config != want || len(warnings) != 2 {
		t.Errorf("config %+v, warnings %q, want %+v and one for each of two files", config, warnings, want)
	}
}
