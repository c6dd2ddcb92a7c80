package identity

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"caduceus/internal/clause"
)

func TestAsGivesTheFileRightsOfTheAccount(t *testing.T) {
	clause.Proves(t, "RUN-07", "SETUP-18")
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes ids")
	}
	dir := t.TempDir()
	for path, mode := range map[string]fs.FileMode{dir: 0o777, filepath.Dir(dir): 0o755} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "secret"), "root's")
	if err := os.Chmod(filepath.Join(dir, "secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := Account{Name: "hermes", UID: 12345, GID: 12346}
	made := filepath.Join(dir, "made")
	var readErr, writeErr error
	if err := As(a, func() {
		_, readErr = os.ReadFile(filepath.Join(dir, "secret"))
		writeErr = os.WriteFile(made, nil, 0o600)
	}); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(readErr, fs.ErrPermission) {
		t.Errorf("root's file: %v", readErr)
	}
	if writeErr != nil {
		t.Fatal(writeErr)
	}
	info, err := os.Stat(made)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid != a.UID || stat.Gid != a.GID {
		t.Errorf("made as %d:%d", stat.Uid, stat.Gid)
	}
	if _, err := os.ReadFile(filepath.Join(dir, "secret")); err != nil {
		t.Errorf("other threads lost their rights: %v", err)
	}
}
