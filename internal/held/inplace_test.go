package held

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// mountFile mounts a file at another name, with an owner and mode of its own.
func mountFile(t *testing.T, base, name, content string, flags uintptr) (source string) {
	t.Helper()
	source = filepath.Join(t.TempDir(), "source")
	at := filepath.Join(base, name)
	must(t, os.WriteFile(source, []byte(content), 0o640), os.Chown(source, 4711, 4712), os.WriteFile(at, nil, 0o600))
	if err := unix.Mount(source, at, "", unix.MS_BIND, ""); err != nil {
		t.Skip("cannot mount here: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) })
	if flags != 0 {
		must(t, unix.Mount("", at, "", unix.MS_REMOUNT|unix.MS_BIND|flags, ""))
	}
	return source
}

func TestAFileThatIsAMountIsWrittenInPlace(t *testing.T) {
	clause.Proves(t, "SETUP-42")
	for name, content := range map[string]string{"longer": "one\ntwo\n", "shorter": "1", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			source := mountFile(t, base, "file", "one\n", 0)
			d := open(t, base, RefuseLinks)
			must(t, d.WriteFile("file", []byte(content), Write{Mode: 0o600, Durable: true}))
			got, err := os.ReadFile(source)
			must(t, err)
			info, err := os.Stat(source)
			must(t, err)
			st := info.Sys().(*syscall.Stat_t)
			if string(got) != content || info.Mode().Perm() != 0o640 || st.Uid != 4711 || st.Gid != 4712 {
				t.Errorf("%q of %d:%d, mode %v", got, st.Uid, st.Gid, info.Mode())
			}
			entries, err := os.ReadDir(base)
			must(t, err)
			if len(entries) != 1 {
				t.Errorf("left behind: %v", entries)
			}
		})
	}
}

func TestAFileThatCannotBeWrittenInPlaceStays(t *testing.T) {
	clause.Proves(t, "SETUP-42")
	base := t.TempDir()
	source := mountFile(t, base, "file", "one\n", unix.MS_RDONLY)
	d := open(t, base, RefuseLinks)
	if err := d.WriteFile("file", []byte("two"), Write{Mode: 0o600}); err == nil {
		t.Error("a read-only mount was written")
	}
	got, err := os.ReadFile(source)
	must(t, err)
	if string(got) != "one\n" {
		t.Errorf("%q", got)
	}
}

// On a full disk the old content is there again.
func TestAWriteInPlaceThatFailsRestoresTheFile(t *testing.T) {
	clause.Proves(t, "SETUP-42")
	disk, base := t.TempDir(), t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=8k"); err != nil {
		t.Skip("cannot mount here: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	source, at := filepath.Join(disk, "file"), filepath.Join(base, "file")
	must(t, os.WriteFile(source, []byte("old\n"), 0o600), os.WriteFile(at, nil, 0o600), unix.Mount(source, at, "", unix.MS_BIND, ""))
	t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) })
	d := open(t, base, RefuseLinks)
	if err := d.WriteFile("file", make([]byte, 64<<10), Write{Mode: 0o600}); err == nil {
		t.Error("64 KiB went onto 8 KiB")
	}
	got, err := os.ReadFile(source)
	must(t, err)
	if string(got) != "old\n" {
		t.Errorf("%d bytes: %.20q", len(got), got)
	}
}

func TestOnlyAMountIsWrittenInPlace(t *testing.T) {
	clause.Proves(t, "SETUP-42")
	base := t.TempDir()
	must(t, os.WriteFile(filepath.Join(base, "file"), []byte("old"), 0o600), os.Mkdir(filepath.Join(base, "dir"), 0o700))
	d := open(t, base, RefuseLinks)
	for _, name := range []string{"file", "dir"} {
		if err := writeInPlace(d.fd, name, []byte("new")); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	got, err := os.ReadFile(filepath.Join(base, "file"))
	must(t, err)
	if string(got) != "old" {
		t.Errorf("%q", got)
	}
}
