package held

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// withUmask sets the umask of the process; tests that use it are not parallel.
func withUmask(t *testing.T, mask int) {
	t.Helper()
	old := unix.Umask(mask)
	t.Cleanup(func() { unix.Umask(old) })
}

func mode(t *testing.T, path string) uint32 {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Stat(path, &st))
	return st.Mode & 0o7777
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestModesIgnoreTheUmask(t *testing.T) {
	clause.Proves(t, "SUP-05", "SUP-10", "SUP-11")
	base := t.TempDir()
	withUmask(t, 0o777)
	d := open(t, base, FollowOwn)
	if made, err := d.MakeDir("event", 0o3730); err != nil || !made {
		t.Fatalf("MakeDir: %v, %v", made, err)
	}
	if made, err := d.MakeDir("event", 0o755); err != nil || made {
		t.Errorf("second MakeDir: %v, %v", made, err)
	}
	r, w, err := d.OpenFifo("control", 0o600)
	must(t, err)
	_, _ = r.Close(), w.Close()
	must(t, d.WriteFile("status", []byte("x"), Write{Mode: 0o644}))
	lock, err := d.Lock("lock", 0o644)
	must(t, err)
	defer func() { _ = Unlock(lock) }()
	for name, want := range map[string]uint32{"event": 0o3730, "control": 0o600, "status": 0o644, "lock": 0o644} {
		if got := mode(t, filepath.Join(base, name)); got != want {
			t.Errorf("mode of %s is %o, want %o", name, got, want)
		}
	}
}

func TestWritesNeverChangeTheTargetOfALink(t *testing.T) {
	clause.Proves(t, "FAULT-11", "SUP-13")
	t.Parallel()
	victim := filepath.Join(t.TempDir(), "victim")
	must(t, os.WriteFile(victim, []byte("kept"), 0o600))
	for _, links := range []Links{RefuseLinks, FollowWithin, FollowOwn, FollowAll} {
		base := t.TempDir()
		for _, name := range []string{"status", ".status.1.new", "lock", "control"} {
			must(t, os.Symlink(victim, filepath.Join(base, name)))
		}
		d := open(t, base, links)
		err := d.WriteFile("status", []byte("new"), Write{Mode: 0o644})
		if got, _ := os.ReadFile(filepath.Join(base, "status")); links != RefuseLinks && (err != nil || string(got) != "new") {
			t.Errorf("rule %d: %q, %v, want the link replaced", links, got, err)
		}
		if links == RefuseLinks && !errors.Is(err, ErrLink) {
			t.Errorf("rule %d: %v, want ErrLink", links, err)
		}
		if _, err := d.Lock("lock", 0o644); !errors.Is(err, ErrLink) {
			t.Errorf("rule %d: lock through a link: %v", links, err)
		}
		if _, _, err := d.OpenFifo("control", 0o600); !errors.Is(err, ErrLink) {
			t.Errorf("rule %d: fifo through a link: %v", links, err)
		}
		for what, err := range map[string]error{
			"Give": d.Give("lock", Keep, Keep, 0o777), "Chmod": d.Chmod("lock", 0o777), "Chown": d.Chown("lock", 1, 1),
		} {
			if !errors.Is(err, ErrLink) {
				t.Errorf("rule %d: %s of a link: %v", links, what, err)
			}
		}
	}
	if b, _ := os.ReadFile(victim); string(b) != "kept" || mode(t, victim) != 0o600 {
		t.Errorf("the victim is now %q, mode %o", b, mode(t, victim))
	}
}

func TestReadersNeitherWaitForAFifoNorReadALargeFile(t *testing.T) {
	clause.Proves(t, "HEALTH-01", "SUP-89")
	t.Parallel()
	base := t.TempDir()
	path := func(name string) string { return filepath.Join(base, name) }
	must(
		t,
		unix.Mkfifo(path("fifo"), 0o600),
		unix.Mkfifo(path("silent"), 0o600),
		os.Symlink("/dev/zero", path("zero")),
		os.Symlink("/dev/tty", path("terminal")),
		os.Mkdir(path("dir"), 0o700),
		os.WriteFile(path("empty"), nil, 0o600),
		os.WriteFile(path("exact"), make([]byte, 4096), 0o600),
		os.WriteFile(path("more"), append(bytes.Repeat([]byte("a"), 4096), 'b'), 0o600),
		os.WriteFile(path("huge"), nil, 0o600),
		os.Truncate(path("huge"), MaxFile+1),
	)
	writer, err := os.OpenFile(path("silent"), os.O_RDWR, 0) // a writer that writes nothing
	must(t, err)
	defer func() { _ = writer.Close() }()
	socket, err := net.Listen("unix", path("socket"))
	must(t, err)
	defer func() { _ = socket.Close() }()
	d := open(t, base, FollowAll)
	for name, want := range map[string]error{
		"fifo": ErrNotRegular, "silent": ErrNotRegular, "zero": ErrNotRegular, "dir": ErrNotRegular, "huge": ErrTooLarge,
		"missing": fs.ErrNotExist, "empty/x": unix.ENOTDIR, "empty": nil, "exact": nil, "more": nil,
	} {
		if _, err := d.ReadFile(name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	for _, name := range []string{"socket", "terminal"} {
		if _, err := d.ReadFile(name); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if head, err := d.ReadHead("more", 4096); len(head) != 4096 || !errors.Is(err, ErrTooLarge) {
		t.Errorf("head of a longer file: %d bytes, %v", len(head), err)
	}
	if head, err := d.ReadHead("exact", 4096); len(head) != 4096 || err != nil {
		t.Errorf("head of a file of just that size: %d bytes, %v", len(head), err)
	}
}

func TestAFailedWriteLeavesTheOldFileAndNothingElse(t *testing.T) {
	clause.Proves(t, "FAULT-12")
	t.Parallel()
	base := t.TempDir()
	d := open(t, base, RefuseLinks)
	must(t, d.WriteFile("status", []byte("old"), Write{Mode: 0o644, Durable: true}))
	must(t, os.Mkdir(filepath.Join(base, "dir"), 0o755), os.WriteFile(filepath.Join(base, "dir/x"), nil, 0o600))
	if err := d.WriteFile("dir", []byte("x"), Write{Mode: 0o644}); err == nil {
		t.Error("a directory was replaced by a file")
	}
	if _, err := os.Stat(filepath.Join(base, "dir/x")); err != nil {
		t.Error(err)
	}
	if err := d.WriteFile("status", []byte("new"), Write{Mode: 0o644, New: true}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a new file over an old one: %v", err)
	}
	if err := d.WriteFile("missing/x", nil, Write{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a missing directory: %v", err)
	}
	if b, _ := os.ReadFile(filepath.Join(base, "status")); string(b) != "old" {
		t.Errorf("status is %q", b)
	}
	if got := names(t, base); len(got) != 2 {
		t.Errorf("left behind: %q", got)
	}
}

func TestAReaderSeesTheOldContentOrTheNew(t *testing.T) {
	clause.Proves(t, "STATE-04")
	t.Parallel()
	base := t.TempDir()
	d := open(t, base, RefuseLinks)
	contents := [][]byte{bytes.Repeat([]byte("a"), 1<<16), bytes.Repeat([]byte("b"), 1<<15)}
	must(t, d.WriteFile("file", contents[0], Write{Mode: 0o644}))
	var writer sync.WaitGroup
	defer writer.Wait()
	stop := make(chan struct{})
	defer close(stop)
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				if err := d.WriteFile("file", contents[i%2], Write{Mode: 0o644}); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	for range 2000 {
		got, err := d.ReadFile("file")
		if err != nil || !bytes.Equal(got, contents[0]) && !bytes.Equal(got, contents[1]) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}
}

func TestAppendCreatesAFileAndNeverWaits(t *testing.T) {
	clause.Proves(t, "STATE-11")
	t.Parallel()
	base := t.TempDir()
	must(t, os.Mkdir(filepath.Join(base, "logs"), 0o755), unix.Mkfifo(filepath.Join(base, "logs/fifo"), 0o600))
	outside := filepath.Join(t.TempDir(), "victim")
	must(t, os.WriteFile(outside, []byte("kept"), 0o600), os.Symlink(outside, filepath.Join(base, "logs/out")))
	must(t, os.Symlink("log", filepath.Join(base, "logs/near")))
	d := open(t, base, FollowWithin)
	must(t, d.Append("logs/log", []byte("a\n"), 0o644), d.Append("logs/near", []byte("b\n"), 0o644))
	if got, _ := os.ReadFile(filepath.Join(base, "logs/log")); string(got) != "a\nb\n" {
		t.Errorf("log is %q", got)
	}
	for _, name := range []string{"logs/fifo", "logs/out", "missing/log"} {
		if err := d.Append(name, []byte("x"), 0o644); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if got, _ := os.ReadFile(outside); string(got) != "kept" {
		t.Errorf("the victim is %q", got)
	}
}

func TestFilesThatRootMakesAreGivenToTheOwnerOfTheDirectory(t *testing.T) {
	clause.Proves(t, "STATE-04")
	needRoot(t)
	base := t.TempDir()
	must(t, os.Chown(base, 1234, 1235))
	d := open(t, base, RefuseLinks)
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("root's"), 0o600))
	planted := os.Link(secret, filepath.Join(base, "planted"))
	_, err := d.MakeDir("dir", 0o755)
	must(
		t, err, d.Adopt("dir"),
		d.WriteFile("file", nil, Write{Mode: 0o600, Adopt: true}),
		d.WriteFile("kept", nil, Write{Mode: 0o600}),
		d.Append("log", []byte("x"), 0o644),
	)
	for name, want := range map[string]uint32{"dir": 1234, "file": 1234, "log": 1234, "kept": 0} {
		if st, err := d.Lstat(name); err != nil || st.Uid != want {
			t.Errorf("%s belongs to %d, want %d (%v)", name, st.Uid, want, err)
		}
	}
	if planted == nil {
		must(t, d.Adopt("planted"), d.Append("planted", nil, 0o644))
		if st, _ := d.Lstat("planted"); st.Uid != 0 {
			t.Errorf("a file with a second name was given to %d", st.Uid)
		}
	}
}

// A file that is written again and again is two that take turns, whatever lies where the second one is to be.
func TestAFileThatIsWrittenAgainIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	d := open(t, base, RefuseLinks)
	name, spare := filepath.Join(base, "record"), filepath.Join(base, SpareOf("record"))
	inodes := map[uint64]bool{}
	write := func(content string) {
		t.Helper()
		must(t, d.WriteFile("record", []byte(content), Write{Mode: 0o644, Again: true}))
		got, err := os.ReadFile(name)
		must(t, err)
		st, err := d.Lstat("record")
		must(t, err)
		if string(got) != content || st.Mode != unix.S_IFREG|0o644 {
			t.Errorf("got %q with mode %o, want %q", got, st.Mode, content)
		}
		inodes[st.Ino] = true
	}
	for _, content := range []string{"first", "the second one", "third", "", "the fifth one"} {
		write(content)
	}
	if len(inodes) != 2 {
		t.Errorf("five contents are in %d files", len(inodes))
	}
	victim := filepath.Join(base, "victim")
	must(t, os.WriteFile(victim, []byte("kept"), 0o600))
	for what, plant := range map[string]func() error{
		"nothing":     func() error { return nil },
		"a link":      func() error { return os.Symlink("victim", spare) },
		"a hard link": func() error { return os.Link(victim, spare) },
		"a fifo":      func() error { return unix.Mkfifo(spare, 0o600) },
	} {
		must(t, os.Remove(spare), plant())
		write(what)
	}
	if got, err := os.ReadFile(victim); err != nil || string(got) != "kept" {
		t.Errorf("behind a link is %q, %v", got, err)
	}
}
