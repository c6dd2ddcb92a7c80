package gateway

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/held"
	"caduceus/internal/identity"
)

var hermes = identity.Account{Name: "hermes", UID: 12345, GID: 12346}

// hermesScandir is a scandir of hermes', in a directory that hermes can get to.
func hermesScandir(t *testing.T) Scandir {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes owners")
	}
	d := Scandir{Path: t.TempDir(), Account: hermes}
	if err := errors.Join(os.Chmod(filepath.Dir(d.Path), 0o755), os.Chown(d.Path, int(hermes.UID), int(hermes.GID))); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestASlotThatRootPublishesBelongsToHermes(t *testing.T) {
	clause.Proves(t, "SLOT-02")
	d := hermesScandir(t)
	if err := d.Publish(Slot{Profile: "coder"}, false); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(d.Dir("coder"), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Sys().(*syscall.Stat_t).Uid != hermes.UID {
			t.Errorf("want %q to belong to hermes, got uid %d", path, info.Sys().(*syscall.Stat_t).Uid)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Here the whole scandir is a link, as a staging directory could become one while root fills it.
func TestRootPublishesNothingThroughALink(t *testing.T) {
	clause.Proves(t, "SLOT-02", "SLOT-03")
	d := hermesScandir(t)
	victim := t.TempDir()
	if err := errors.Join(os.Chmod(victim, 0o755), os.Remove(d.Path), os.Symlink(victim, d.Path)); err != nil {
		t.Fatal(err)
	}
	if err := d.Publish(Slot{Profile: "coder"}, true); err == nil {
		t.Error("want no slot published in a directory of root, got one")
	}
	if entries, _ := os.ReadDir(victim); len(entries) > 0 {
		t.Errorf("want nothing written behind the link, got %v", entries)
	}
}

func TestNothingIsGivenAwayThroughALink(t *testing.T) {
	clause.Proves(t, "REC-02")
	d := hermesScandir(t)
	victim := filepath.Join(t.TempDir(), "victim")
	if err := errors.Join(os.WriteFile(victim, nil, 0o600), os.Symlink(victim, filepath.Join(d.Path, "control"))); err != nil {
		t.Fatal(err)
	}
	dir, err := held.Open(d.Path, held.RefuseLinks)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	if err := identity.Give(dir, "control", hermes, 0o666); err == nil {
		t.Error("want a link refused, got it given away")
	}
	var st unix.Stat_t
	if err := unix.Stat(victim, &st); err != nil || st.Uid != 0 || st.Mode&0o777 != 0o600 {
		t.Errorf("want the target of the link untouched, got %+v, %v", st, err)
	}
}
