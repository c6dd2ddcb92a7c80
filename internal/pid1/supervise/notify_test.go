package supervise

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/held"
)

func TestSubscribersHearOfEvents(t *testing.T) {
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
	if err := notify(eventDir(t, base), "dD"); err != nil {
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
		if err := notify(eventDir(t, base), "uU"); err != nil {
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

func eventDir(t *testing.T, path string) *held.Dir {
	t.Helper()
	d, err := held.Open(path, held.FollowAll)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}
