package s6

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// In a directory of another user root writes to nothing that a link leads to, and makes nothing there.
func TestForeignLinksLeadNowhere(t *testing.T) {
	clause.Proves(t, "SUP-10", "SUP-13")
	needRoot(t)
	for name, c := range map[string]struct {
		uid    int
		mode   os.FileMode
		follow bool
	}{
		"root's own":          {0, 0o755, true},
		"another user's":      {1234, 0o755, false},
		"shared with a group": {0, 0o775, false},
	} {
		t.Run(name, func(t *testing.T) {
			base, target := t.TempDir(), t.TempDir()
			for link, to := range map[string]string{"there": target, "dangling": filepath.Join(target, "new")} {
				if err := os.Symlink(to, filepath.Join(base, link)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(filepath.Join(base, "real"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(base, c.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(base, c.uid, c.uid); err != nil {
				t.Fatal(err)
			}
			d := openDir(t, base)
			for _, open := range []func(string) (*Dir, error){d.OpenOwn, d.OpenOwnList} {
				if own, err := open("there"); (err == nil) != c.follow {
					t.Errorf("link: %v", err)
				} else if err == nil {
					_ = own.Close()
				}
				if own, err := open("real"); err != nil {
					t.Errorf("directory: %v", err)
				} else {
					_ = own.Close()
				}
			}
			if made, err := d.MakeDir("dangling", 0o700); made != c.follow {
				t.Errorf("dangling link: %v, %v", made, err)
			}
			if _, err := os.Stat(filepath.Join(target, "new")); (err == nil) != c.follow {
				t.Errorf("target of the dangling link: %v", err)
			}
		})
	}
}

func TestForeignLinksToServices(t *testing.T) {
	clause.Proves(t, "SUP-13")
	needRoot(t)
	for name, c := range map[string]struct {
		link, target int
		follow       bool
	}{
		"root's link to root's":         {0, 0, true},
		"root's link to another user's": {0, 1234, true},
		"a user's link to their own":    {1234, 1234, true},
		"a user's link to root's":       {1234, 0, false},
		"a user's link to another's":    {1234, 1235, false},
	} {
		t.Run(name, func(t *testing.T) {
			base, target := t.TempDir(), t.TempDir()
			link := filepath.Join(base, "foo")
			if err := errors.Join(os.Symlink(target, link), os.Lchown(link, c.link, c.link), os.Chown(target, c.target, c.target)); err != nil {
				t.Fatal(err)
			}
			service, err := openDir(t, base).OpenService("foo")
			if (err == nil) != c.follow {
				t.Errorf("OpenService: %v", err)
			}
			if err == nil {
				_ = service.Close()
			}
		})
	}
}

// What root makes in a directory of another user may be exchanged at once: the mode is then not given
// to what is there instead.
func TestModesAreNotGivenToWhatIsThereInstead(t *testing.T) {
	clause.Proves(t, "SUP-13")
	needRoot(t)
	base, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	d := openDir(t, base)
	path := filepath.Join(base, "event")
	var over sync.WaitGroup
	stop := make(chan struct{})
	defer over.Wait()
	defer close(stop)
	over.Go(func() {
		for {
			select {
			case <-stop:
				return
			default: // a link in place of what was made
				if unix.Rmdir(path) == nil || unix.Unlink(path) == nil {
					_ = unix.Symlink(victim, path)
				}
			}
		}
	})
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		_, _ = d.MakeDir("event", 0o3730)
		_ = unix.Unlink(path)
		if r, w, err := d.OpenFifo("event", 0o600); err == nil {
			_, _ = r.Close(), w.Close()
		}
		_ = unix.Unlink(path)
		if got := mode(t, victim); got != 0o640 {
			t.Fatalf("the victim's mode is %o", got)
		}
	}
}

// State files are in the hands of whoever owns the slot, and root's health check reads them.
func TestReadersOfStateDoNotWait(t *testing.T) {
	clause.Proves(t, "HEALTH-01", "SUP-13")
	for name, put := range map[string]func(string) error{
		"fifo":    func(path string) error { return unix.Mkfifo(path, 0o600) },
		"no end":  func(path string) error { return os.Symlink("/dev/zero", path) },
		"no file": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			if err := os.Mkdir(filepath.Join(base, SuperviseDir), 0o700); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{StatusFile, TallyFile, BackoffFile} {
				if err := put(filepath.Join(base, SuperviseDir, file)); err != nil {
					t.Fatal(err)
				}
			}
			if st, err := ReadStatus(base); err == nil {
				t.Errorf("status %+v", st)
			}
			if deaths, err := ReadTally(base); err == nil && len(deaths) > MaxTallyLimit+1 {
				t.Errorf("%d deaths", len(deaths))
			}
			if b, crashing, _ := ReadBackoff(base); crashing {
				t.Errorf("backoff %+v", b)
			}
		})
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes owners")
	}
}
