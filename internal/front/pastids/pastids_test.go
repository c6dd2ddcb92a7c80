package pastids

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
	"caduceus/internal/held"
)

func volume(t *testing.T) (string, *held.Dir) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: only a file of root's is believed")
	}
	path := t.TempDir()
	dir, err := held.Open(path, held.RefuseLinks)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	return path, dir
}

func TestWhatABootRemembersTheNextOneReads(t *testing.T) {
	clause.Proves(t, "WHO-02")
	_, dir := volume(t)
	if _, err := Read(dir, 1000); !errors.Is(err, fs.ErrNotExist) || Exists(dir) {
		t.Errorf("no file: %v", err)
	}
	if err := Write(dir, IDs{UIDs: []uint32{1000, 10000, 1000}, GIDs: []uint32{100}}); err != nil {
		t.Fatal(err)
	}
	want := IDs{UIDs: []uint32{1000, 10000}, GIDs: []uint32{100}}
	for _, owner := range want.UIDs {
		if got, err := Read(dir, owner); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	many := IDs{}
	for id := range uint32(40) {
		many.UIDs, many.GIDs = append(many.UIDs, id+1), append(many.GIDs, id+1)
	}
	if err := Write(dir, many); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(dir, 1); err != nil || len(got.UIDs) != most || len(got.GIDs) != most {
		t.Errorf("%+v, %v", got, err)
	}
}

// Each of these is a way in which hermes, or root with what hermes had written, could have put the file there.
func TestAMemoryThatIsNotTheBootsIsNotBelieved(t *testing.T) {
	clause.Proves(t, "WHO-02")
	for name, change := range map[string]struct {
		do  func(path string) error
		why string
	}{
		"hermes owns it":          {func(path string) error { return os.Chown(path, 1000, 1000) }, "others than root"},
		"others may write to it":  {func(path string) error { return os.Chmod(path, 0o666) }, "others than root"},
		"it has two names":        {func(path string) error { return os.Link(path, path+"2") }, "others than root"},
		"a copy that root made":   {copied, "it is a copy"},
		"a directory":             {func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) }, "others than root"},
		"a fifo":                  {func(path string) error { return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o644)) }, "others than root"},
		"it is cut short":         {func(path string) error { return os.Truncate(path, 9) }, "cannot be parsed"},
		"it is empty":             {func(path string) error { return os.Truncate(path, 0) }, "cannot be parsed"},
		"it is huge":              {func(path string) error { return os.Truncate(path, 1<<30) }, "cannot be parsed"},
		"of another volume owner": {func(string) error { return nil }, "belongs to somebody else"},
	} {
		t.Run(name, func(t *testing.T) {
			path, dir := volume(t)
			if err := Write(dir, IDs{UIDs: []uint32{1000}, GIDs: []uint32{1000}}); err != nil {
				t.Fatal(err)
			}
			owner := uint32(1000)
			if name == "of another volume owner" {
				owner = 2000
			}
			if err := change.do(filepath.Join(path, File)); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(dir, owner); !errors.Is(err, ErrNotBelieved) || !strings.Contains(err.Error(), change.why) {
				t.Errorf("want an error with %q, got %v", change.why, err)
			}
		})
	}
	path, dir := volume(t)
	if err := os.Symlink("/etc/hostname", filepath.Join(path, File)); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir, 1000); !errors.Is(err, ErrNotBelieved) {
		t.Errorf("a link: %v", err)
	}
	if err := Write(dir, IDs{UIDs: []uint32{1000}}); err != nil {
		t.Error(err)
	}
	if _, err := Read(dir, 1000); err != nil {
		t.Errorf("the link is not replaced: %v", err)
	}
}

func copied(path string) error {
	content, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path+".copy", content, 0o644)
	}
	return errors.Join(err, os.Rename(path+".copy", path))
}

func FuzzParse(f *testing.F) {
	clause.Proves(f, "WHO-02")
	f.Add([]byte(`{"inode":7,"uids":[1000],"gids":[1000]}`), uint64(7), uint32(1000))
	f.Add([]byte(`{"inode":7,"uids":[0,4294967295],"gids":null}`), uint64(7), uint32(0))
	f.Fuzz(func(t *testing.T, content []byte, inode uint64, owner uint32) {
		ids, err := parse(content, inode, owner)
		if err != nil {
			return
		}
		for _, id := range append(ids.UIDs, ids.GIDs...) {
			if id == 0 || id == 65535 || id == 1<<32-1 {
				t.Errorf("%q gives id %d", content, id)
			}
		}
		if len(ids.UIDs) == 0 || len(ids.UIDs) > most || len(ids.GIDs) > most {
			t.Errorf("%q gives %+v", content, ids)
		}
	})
}
