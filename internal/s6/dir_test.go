package s6

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func openDir(t *testing.T, path string) *Dir {
	t.Helper()
	d, err := OpenListDir(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func mode(t *testing.T, path string) uint32 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return st.Mode & 0o7777
}

// withUmask sets the umask of the process; tests that use it are not parallel.
func withUmask(t *testing.T, mask int) {
	t.Helper()
	old := syscall.Umask(mask)
	t.Cleanup(func() { syscall.Umask(old) })
}

func TestModesIgnoreTheUmask(t *testing.T) {
	clause.Proves(t, "SUP-05", "SUP-10", "SUP-11")
	base := t.TempDir()
	withUmask(t, 0o777)
	d := openDir(t, base)
	if made, err := d.MakeDir("event", 0o3730); err != nil || !made {
		t.Fatalf("MakeDir: %v, %v", made, err)
	}
	if made, err := d.MakeDir("event", 0o755); err != nil || made {
		t.Errorf("second MakeDir: %v, %v", made, err)
	}
	r, w, err := d.OpenFifo("control", 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = r.Close(), w.Close()
	if err := d.Replace("status", []byte("x")); err != nil {
		t.Fatal(err)
	}
	lock, err := d.Lock("lock", 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = Unlock(lock) }()
	for name, want := range map[string]uint32{"event": 0o3730, "control": 0o600, "status": 0o644, "lock": 0o644} {
		if got := mode(t, filepath.Join(base, name)); got != want {
			t.Errorf("mode of %s is %o, want %o", name, got, want)
		}
	}
}

func TestDanglingSymlinkGetsItsTarget(t *testing.T) {
	clause.Proves(t, "SUP-10")
	base := t.TempDir()
	if err := os.Symlink("elsewhere", filepath.Join(base, "event")); err != nil {
		t.Fatal(err)
	}
	if made, err := openDir(t, base).MakeDir("event", 0o3730); err != nil || !made {
		t.Fatalf("MakeDir: %v, %v", made, err)
	}
	if got := mode(t, filepath.Join(base, "elsewhere")); got != 0o3730 {
		t.Errorf("mode of the target is %o", got)
	}
}

func TestWritesFollowNoSymlink(t *testing.T) {
	clause.Proves(t, "FAULT-11", "SUP-13")
	base := t.TempDir()
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"status", "status.new", "lock", "control"} {
		if err := os.Symlink(victim, filepath.Join(base, name)); err != nil {
			t.Fatal(err)
		}
	}
	d := openDir(t, base)
	if err := d.Replace("status", []byte("new")); err != nil {
		t.Error(err)
	}
	if _, err := d.Lock("lock", 0o644); !errors.Is(err, unix.ELOOP) {
		t.Errorf("lock through a symlink: %v", err)
	}
	if _, _, err := d.OpenFifo("control", 0o600); !errors.Is(err, unix.ELOOP) {
		t.Errorf("fifo through a symlink: %v", err)
	}
	if b, _ := os.ReadFile(victim); string(b) != "kept" {
		t.Errorf("victim is now %q", b)
	}
	if b, _ := os.ReadFile(filepath.Join(base, "status")); string(b) != "new" {
		t.Errorf("status is %q", b)
	}
}

func TestLockIsSeenByProbes(t *testing.T) {
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
	if _, err := d.Lock(LockFile, 0o644); !errors.Is(err, ErrBusy) {
		t.Errorf("second lock: %v, want ErrBusy", err)
	}
	probe(true) // closing a descriptor of the file loses no OFD lock
	dup, err := unix.Dup(int(lock.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(dup) }()
	if err := Unlock(lock); err != nil {
		t.Error(err)
	}
	probe(false) // though a child may still hold the description
}

// spec: SUP-110; contract: SVC-06
func TestSendControl(t *testing.T) {
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

func TestNotify(t *testing.T) {
	clause.Proves(t, "SUP-21", "SUP-93")
	base := t.TempDir()
	fifo := func(suffix string) string {
		name := fmt.Sprintf("ftrig1:@%024d:%s", 1, suffix)
		if err := unix.Mkfifo(filepath.Join(base, name), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	live, dead, full := fifo("live00"), fifo("dead00"), fifo("full00")
	open := func(name string) int {
		fd, err := unix.Open(filepath.Join(base, name), unix.O_RDWR|unix.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
		return fd
	}
	reader := open(live)
	crammed := open(full)
	for err := error(nil); err == nil; {
		_, err = unix.Write(crammed, make([]byte, 4096))
	}
	plain := fmt.Sprintf("ftrig1:@%024d:%s", 1, "plain0")
	short := "ftrig1:@short"
	for _, name := range []string{plain, short} {
		if err := os.WriteFile(filepath.Join(base, name), []byte("kept"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(base, live), filepath.Join(base, fmt.Sprintf("ftrig1:@%024d:%s", 1, "link00"))); err != nil {
		t.Fatal(err)
	}
	if err := openDir(t, base).Notify("dD"); err != nil {
		t.Error(err)
	}
	buf := make([]byte, 16)
	if n, err := unix.Read(reader, buf); string(buf[:n]) != "dD" || err != nil {
		t.Errorf("subscriber read %q, %v; the symlink must not double it", buf[:max(n, 0)], err)
	}
	for name, want := range map[string]bool{live: true, dead: false, full: true, plain: true, short: true} {
		if _, err := os.Lstat(filepath.Join(base, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(base, plain)); string(b) != "kept" {
		t.Errorf("a file that is no fifo has %q", b)
	}
}

func TestFailedReplaceKeepsTheOldFile(t *testing.T) {
	clause.Proves(t, "FAULT-12")
	base := t.TempDir()
	d := openDir(t, base)
	if err := d.Replace("status", []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(base, "status.new"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := d.Replace("status", []byte("new")); err == nil {
		t.Error("no error")
	}
	if b, _ := os.ReadFile(filepath.Join(base, "status")); string(b) != "old" {
		t.Errorf("status is %q", b)
	}
}

func TestReadFileNeverWaits(t *testing.T) {
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
	dir, err := OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	if _, err := dir.ReadFile("timeout-kill", 256); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("fifo with a silent writer: %v, want %v", err, unix.EAGAIN)
	}
	config, warnings := dir.Config(64)
	if want := defaultConfig(); config != want || len(warnings) != 1 {
		t.Errorf("config %+v, warnings %q, want %+v and one for down-signal", config, warnings, want)
	}
}

// FuzzFifoNames: a fifo is told of an event if and only if it has the name of a subscriber.
func FuzzFifoNames(f *testing.F) {
	clause.Proves(f, "SUP-21", "SUP-97")
	for _, name := range []string{
		"ftrig1:@400000006955b9250ee6b280:abcdef", "ftrig1:@400000006955b9250ee6b280:abcdefg", "ftrig2:@400000006955b9250ee6b280:abcdef",
		"ftrig1", "", ".", "..", "a/b", "x",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		base := t.TempDir()
		path := base + "/" + name
		if strings.ContainsAny(name, "/\x00") || unix.Mkfifo(path, 0o600) != nil {
			return // no name of a file
		}
		fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = unix.Close(fd) }()
		dir, err := OpenListDir(base)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = dir.Close() }()
		if err := dir.Notify("uU"); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 8)
		n, _ := unix.Read(fd, buf)
		told := n > 0 && string(buf[:n]) == "uU"
		if want := len(name) == 39 && name[:6] == "ftrig1"; told != want {
			t.Errorf("%q was told: %v, want %v", name, told, want)
		}
	})
}
