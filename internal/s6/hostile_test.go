package s6

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// The owner of a service directory can put anything there, and the health check reads it as root.
func TestReadingTheStateNeverWaits(t *testing.T) {
	clause.Proves(t, "HEALTH-01", "SUP-13")
	for name, put := range map[string]func(string) error{
		"fifo":      func(path string) error { return unix.Mkfifo(path, 0o600) },
		"endless":   func(path string) error { return os.Symlink("/dev/zero", path) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			if err := os.Mkdir(filepath.Join(base, SuperviseDir), 0o700); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{StatusFile, TallyFile, BackoffFile, EndsFile, UnstartedFile} {
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
			if ends, _ := ReadEnds(base); len(ends) > 0 {
				t.Errorf("ends %+v", ends)
			}
			if f, failing, _ := ReadStartFailure(base); failing {
				t.Errorf("start failure %+v", f)
			}
		})
	}
}
