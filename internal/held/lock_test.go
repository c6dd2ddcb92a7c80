package held

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func TestALockIsHeldUntilUnlock(t *testing.T) {
	clause.Proves(t, "SUP-19")
	t.Parallel()
	base := t.TempDir()
	d := open(t, base, RefuseLinks)
	lock, err := d.Lock("lock", 0o644)
	must(t, err)
	if _, err := d.Lock("lock", 0o644); !errors.Is(err, ErrBusy) {
		t.Errorf("second lock: %v, want ErrBusy", err)
	}
	probe, err := os.Open(filepath.Join(base, "lock"))
	must(t, err)
	defer func() { _ = probe.Close() }()
	if !Locked(probe) { // closing the second descriptor has lost nothing
		t.Error("not locked")
	}
	dup, err := unix.Dup(int(lock.Fd())) // as a child before its exec has
	must(t, err)
	defer closeFD(dup)
	must(t, Unlock(lock))
	if Locked(probe) {
		t.Error("still locked")
	}
}

func TestOnlyARegularFileIsLocked(t *testing.T) {
	clause.Proves(t, "SUP-13")
	t.Parallel()
	base := t.TempDir()
	must(t, unix.Mkfifo(filepath.Join(base, "fifo"), 0o600), os.Mkdir(filepath.Join(base, "dir"), 0o755))
	for _, name := range []string{"fifo", "dir"} {
		if f, err := open(t, base, RefuseLinks).Lock(name, 0o644); err == nil {
			t.Errorf("%s was locked", name)
			_ = f.Close()
		}
	}
}

func TestMakeDirCreatesTheTargetOfADanglingLink(t *testing.T) {
	clause.Proves(t, "SUP-10")
	t.Parallel()
	base := t.TempDir()
	must(t, os.Symlink("elsewhere", filepath.Join(base, "event")))
	if made, err := open(t, base, FollowOwn).MakeDir("event", 0o3730); err != nil || !made {
		t.Fatalf("MakeDir: %v, %v", made, err)
	}
	if got := mode(t, filepath.Join(base, "elsewhere")); got != 0o3730 {
		t.Errorf("mode of the target is %o", got)
	}
	if _, err := open(t, base, RefuseLinks).MakeDir("event", 0o755); !errors.Is(err, ErrLink) {
		t.Errorf("a link, where links are refused: %v, want ErrLink", err)
	}
}
