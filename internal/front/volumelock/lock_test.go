package volumelock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/held"
)

func containers() (self, other Container) {
	self = Container{Hostname: "self", Boot: "b", Mounts: "mnt:[1]"}
	return self, Container{Hostname: "other", Boot: "b", Mounts: "mnt:[2]"}
}

// volume is a fresh directory, held.
func volume(t *testing.T) (*held.Dir, string) {
	t.Helper()
	path := t.TempDir()
	d, err := held.Open(path, held.RefuseLinks)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, path
}

func me() uint32 { return uint32(os.Geteuid()) }

func take(t *testing.T, d *held.Dir, c Container) *Claim {
	t.Helper()
	claim, err := Take(d, me(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(claim.Release)
	return claim
}

// lock is what somebody does to the file who has opened it.
func lock(t *testing.T, path string, flags int, kind int16) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(path, File), flags, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	all := unix.Flock_t{Type: kind, Whence: unix.SEEK_SET}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &all); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyALivingOtherContainerHolds(t *testing.T) {
	clause.Proves(t, "HOLD-01")
	self, other := containers()
	d, path := volume(t)
	if got, found := Other(d, self); found {
		t.Errorf("a fresh volume is held: %v", got)
	}
	theirs := take(t, d, other)
	if got, found := OtherIn(t.TempDir(), path); !found || got.Container != other {
		t.Errorf("want the holder, got %v, %t", got, found)
	}
	if got, found := Other(d, other); found {
		t.Errorf("the holder finds itself: %v", got)
	}
	if _, err := Take(d, me(), self); !errors.Is(err, held.ErrBusy) {
		t.Errorf("want a held volume to be busy, got %v", err)
	}
	theirs.Release()
	if got, found := Other(d, self); found {
		t.Errorf("a dead container holds: %v", got)
	}
	take(t, d, self)
	if got, found := Other(d, other); !found || got.Container != self {
		t.Errorf("want the new holder, got %v, %t", got, found)
	}
}

func TestOnlyALockOfRootIsTrusted(t *testing.T) {
	clause.Proves(t, "HOLD-01")
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes owners")
	}
	self, other := containers()
	for name, plant := range map[string]func(path string) error{
		"of hermes":          func(path string) error { return os.Chown(path, 10000, 10000) },
		"writable for group": func(path string) error { return os.Chmod(path, 0o664) },
		"with a second name": func(path string) error { return os.Link(path, path+".second") },
	} {
		t.Run(name, func(t *testing.T) {
			d, path := volume(t)
			theirs := take(t, d, other)
			if got, found := Other(d, self); !found || !got.Trusted {
				t.Fatalf("root's own: %v, %t", got, found)
			}
			if err := plant(filepath.Join(path, File)); err != nil {
				t.Fatal(err)
			}
			if got, found := Other(d, self); !found || got.Trusted {
				t.Errorf("want one that is told and not trusted, got %v, %t", got, found)
			}
			mine := take(t, d, self)
			if got, found := Other(d, other); !found || got.Container != self || !got.Trusted || !mine.Holds() {
				t.Errorf("want root to hold by a file of its own, got %v, %t", got, found)
			}
			if theirs.Holds() {
				t.Error("the other one still believes that it holds")
			}
		})
	}
}

// hermes can read root's file, so it can have read locks on it.
func TestAReadLockRefusesNobody(t *testing.T) {
	clause.Proves(t, "HOLD-01", "HOLD-03")
	self, other := containers()
	d, path := volume(t)
	take(t, d, other).Release()
	lock(t, path, os.O_RDONLY, unix.F_RDLCK)
	if got, found := Other(d, self); found {
		t.Errorf("a read lock counts as a holder: %v", got)
	}
	release, err := AwaitSetup(t.Context(), d, me(), func() { t.Error("it waits for a reader") })
	release()
	if err != nil {
		t.Error(err)
	}
	take(t, d, self)
	if got, found := Other(d, other); !found || got.Container != self {
		t.Errorf("want this container to hold, got %v, %t", got, found)
	}
}

// Neither is root's, nor this user's.
func TestALockOfAnotherUserRefusesNobody(t *testing.T) {
	clause.Proves(t, "HOLD-01", "HOLD-03")
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes owners")
	}
	self, _ := containers()
	d, path := volume(t)
	name := filepath.Join(path, File)
	if err := errors.Join(os.WriteFile(name, []byte("{}"), 0o600), os.Chown(name, 10000, 10000)); err != nil {
		t.Fatal(err)
	}
	lock(t, path, os.O_RDWR, unix.F_WRLCK)
	release, err := AwaitSetup(t.Context(), d, 0, func() { t.Error("it waits for hermes") })
	release()
	if got, found := Other(d, self); err != nil || !found || got.Trusted {
		t.Errorf("want it to be there still, not trusted: %v, %t, %v", got, found, err)
	}
	take(t, d, self)
}

func TestWhoIsNotRootDoesNotTakeAwayRootsLock(t *testing.T) {
	clause.Proves(t, "HOLD-01", "HOLD-03")
	if os.Geteuid() != 0 {
		t.Skip("needs root: has a lock of root's")
	}
	self, other := containers()
	d, _ := volume(t)
	theirs := take(t, d, other)
	if _, err := Take(d, 10000, self); !errors.Is(err, held.ErrBusy) {
		t.Errorf("want it to be busy, got %v", err)
	}
	release, err := AwaitSetup(t.Context(), d, 10000, func() { t.Error("it waits for the holder") })
	release()
	if err != nil || !theirs.Holds() {
		t.Errorf("the lock is gone (%v)", err)
	}
	release, err = AwaitSetup(t.Context(), d, 0, func() {})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := AwaitSetup(ctx, d, 10000, func() {}); !errors.Is(err, held.ErrBusy) {
		t.Errorf("want it to wait for root's setup, got %v", err)
	}
	release()
}

func TestBootsSetAVolumeUpOneAfterTheOther(t *testing.T) {
	clause.Proves(t, "HOLD-03")
	d, path := volume(t)
	first, err := AwaitSetup(t.Context(), d, me(), func() { t.Error("the first one waits") })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	waits := 0
	if release, err := AwaitSetup(ctx, d, me(), func() { waits++ }); !errors.Is(err, held.ErrBusy) || waits != 1 {
		t.Errorf("want it to wait once and to give up, got %v after %d lines", err, waits)
		release()
	}
	before, err := os.Stat(filepath.Join(path, File))
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		release, err := AwaitSetup(t.Context(), d, me(), first)
		release()
		second <- err
	}()
	if err := <-second; err != nil {
		t.Error(err)
	}
	if after, err := os.Stat(filepath.Join(path, File)); err != nil || after.ModTime() != before.ModTime() || after.Size() != 0 {
		t.Errorf("the file was changed: %v (%v)", after, err)
	}
}

func TestAHolderLearnsThatItsFileIsGone(t *testing.T) {
	clause.Proves(t, "HOLD-01")
	self, other := containers()
	d, path := volume(t)
	mine := take(t, d, self)
	if err := os.Remove(filepath.Join(path, File)); err != nil {
		t.Fatal(err)
	}
	if mine.Holds() {
		t.Error("it still holds what is gone")
	}
	if again := take(t, d, self); !again.Holds() {
		t.Error("it does not hold what it took again")
	}
	if got, found := Other(d, other); !found || got.Container != self {
		t.Errorf("want this container to hold, got %v, %t", got, found)
	}
}

func TestAHolderThatNobodyCanReadIsStillAnotherContainer(t *testing.T) {
	clause.Proves(t, "HOLD-02")
	self, other := containers()
	for name, content := range map[string]string{"empty": "", "garbage": "{\x00", "another shape": `["x"]`} {
		t.Run(name, func(t *testing.T) {
			d, path := volume(t)
			take(t, d, other)
			if err := os.WriteFile(filepath.Join(path, File), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, found := Other(d, self)
			if !found || got.Container != (Container{}) {
				t.Errorf("want a nameless other, got %v, %t", got, found)
			}
			if text := got.Warning("/opt/data", false); !strings.Contains(text, "/opt/data") || !strings.Contains(text, "unknown") {
				t.Errorf("want H and a word for the hostname in %q", text)
			}
		})
	}
}

// Root's other files in the volume can be renamed by hermes, who owns the directory.
func TestAnotherFileInTheLocksPlaceIsNotWrittenTo(t *testing.T) {
	clause.Proves(t, "HOLD-01")
	self, other := containers()
	d, path := volume(t)
	if err := os.WriteFile(filepath.Join(path, "secret"), []byte(`{"kept":1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	open, err := os.Open(filepath.Join(path, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.Close() }()
	if err := os.Rename(filepath.Join(path, "secret"), filepath.Join(path, File)); err != nil {
		t.Fatal(err)
	}
	take(t, d, self)
	content := make([]byte, 64)
	if n, _ := open.ReadAt(content, 0); string(content[:n]) != `{"kept":1}` {
		t.Errorf("it was overwritten: %q", content[:n])
	}
	if got, found := Other(d, other); !found || got.Container != self {
		t.Errorf("want this container to hold, got %v, %t", got, found)
	}
}

func TestWhatIsNoFileInPlaceOfTheLockIsNotFollowed(t *testing.T) {
	clause.Proves(t, "HOLD-01")
	self, other := containers()
	for name, c := range map[string]struct {
		put     func(path string) error
		refused bool
	}{
		"symlink":   {func(path string) error { return os.Symlink("victim", path) }, false},
		"fifo":      {func(path string) error { return syscall.Mkfifo(path, 0o600) }, false},
		"directory": {func(path string) error { return os.Mkdir(path, 0o755) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			d, dir := volume(t)
			victim := filepath.Join(dir, "victim")
			if err := errors.Join(os.WriteFile(victim, []byte("kept"), 0o600), c.put(filepath.Join(dir, File))); err != nil {
				t.Fatal(err)
			}
			if _, found := Other(d, self); found {
				t.Errorf("a %s counts as a container", name)
			}
			release, setupErr := AwaitSetup(t.Context(), d, me(), func() {})
			release()
			claim, err := Take(d, me(), self)
			if (err != nil) != c.refused || (setupErr != nil) != c.refused || errors.Is(err, held.ErrBusy) {
				t.Errorf("took it with %v, %v", err, setupErr)
			}
			if err == nil {
				if got, found := Other(d, other); !found || got.Container != self {
					t.Errorf("want this container to hold, got %v, %t", got, found)
				}
				claim.Release()
			}
			if got, err := os.ReadFile(victim); err != nil || string(got) != "kept" {
				t.Errorf("the file behind is %q, %v", got, err)
			}
			left, err := filepath.Glob(filepath.Join(dir, "*.new"))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %q, %v", left, err)
			}
		})
	}
}
