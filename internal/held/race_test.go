package held

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

// raceTime is how long an attacker tries in one test.
const raceTime = time.Second

// against runs attack over and over while the test goes on.
func against(t *testing.T, attack func()) {
	t.Helper()
	var over sync.WaitGroup
	stop := make(chan struct{})
	over.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				attack()
			}
		}
	})
	t.Cleanup(func() { close(stop); over.Wait() })
}

func until(limit time.Duration, do func()) {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		do()
	}
}

// Root makes an entry in a user's directory. The user exchanges it for a program of their own, or for a link: then
// that must not get the mode and group that were meant for the new entry.
func TestAnEntryThatIsExchangedKeepsItsOwnModeAndOwner(t *testing.T) {
	clause.Proves(t, "SUP-13")
	needRoot(t)
	for name, plant := range map[string]func(base, victim string) error{
		"program of the user": func(base, _ string) error {
			path := filepath.Join(base, "planted")
			if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
				return err
			}
			return os.Chown(path, 1234, 1234)
		},
		"directory of the user": func(base, _ string) error {
			path := filepath.Join(base, "planted")
			if err := os.Mkdir(path, 0o700); err != nil {
				return err
			}
			return os.Chown(path, 1234, 1234)
		},
		"link": func(base, victim string) error { return os.Symlink(victim, filepath.Join(base, "planted")) },
	} {
		t.Run(name, func(t *testing.T) {
			base, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
			must(t, os.WriteFile(victim, nil, 0o640), plant(base, victim))
			planted, fresh, trash := filepath.Join(base, "planted"), filepath.Join(base, "fresh"), filepath.Join(base, "trash")
			pin := open(t, base, RefuseLinks)
			fd, err := pin.open("planted", unix.O_PATH|unix.O_NOFOLLOW, 0)
			if err != nil { // a link
				fd, err = openat(unix.AT_FDCWD, planted, unix.O_PATH|unix.O_NOFOLLOW, 0)
			}
			must(t, err)
			defer closeFD(fd)
			before, err := fstat(fd)
			must(t, err)
			against(t, func() { _ = unix.Renameat2(-1, planted, -1, fresh, unix.RENAME_EXCHANGE) })
			d := open(t, base, FollowOwn)
			until(raceTime, func() {
				_, _ = d.MakeDir("fresh", 0o3730)
				if r, w, err := d.OpenFifo("fresh", 0o4777); err == nil {
					_, _ = r.Close(), w.Close()
				}
				if after, err := fstat(fd); err != nil || after.Mode != before.Mode || after.Uid != before.Uid || after.Gid != before.Gid {
					t.Fatalf("what was planted has mode %o and belongs to %d:%d (%v)", after.Mode, after.Uid, after.Gid, err)
				}
				if got := mode(t, victim); got != 0o640 {
					t.Fatalf("the victim's mode is %o", got)
				}
				clearName(t, fresh, trash, planted, before.Ino)
			})
		})
	}
}

// clearName removes fresh for the next try, unless it is what was planted.
func clearName(t *testing.T, fresh, trash, planted string, keep uint64) {
	t.Helper()
	if os.Rename(fresh, trash) != nil {
		return
	}
	if inode(t, trash).Ino != keep {
		must(t, os.Remove(trash))
		return
	}
	if os.Remove(planted) == nil || errors.Is(unix.Access(planted, 0), unix.ENOENT) {
		must(t, os.Rename(trash, planted))
	}
}

func inode(t *testing.T, path string) (st unix.Stat_t) {
	t.Helper()
	_ = unix.Lstat(path, &st)
	return st
}

// A user exchanges a directory for a link to files of root's, while root writes below it or walks the tree.
func TestADirectoryThatBecomesALinkIsNotFollowed(t *testing.T) {
	clause.Proves(t, "SETUP-14", "SETUP-15", "SUP-13")
	needRoot(t)
	for _, plain := range []bool{true, false} {
		base, outside := t.TempDir(), t.TempDir()
		dir, link := filepath.Join(base, "dir"), filepath.Join(base, "link")
		must(
			t, os.MkdirAll(filepath.Join(dir, "sub"), 0o755), os.WriteFile(filepath.Join(dir, "sub/file"), nil, 0o600),
			os.Symlink(outside, link),
			os.MkdirAll(filepath.Join(outside, "sub"), 0o755), os.WriteFile(filepath.Join(outside, "sub/file"), []byte("kept"), 0o600),
		)
		against(t, func() { _ = unix.Renameat2(-1, dir, -1, link, unix.RENAME_EXCHANGE) })
		d := open(t, base, RefuseLinks)
		until(raceTime, func() {
			if plain {
				_ = d.WriteFile("dir/sub/file", []byte("new"), Write{Mode: 0o600})
				_ = d.Append("dir/sub/file", []byte("new"), 0o600)
				_ = d.Chmod("dir/sub/file", 0o666)
				_ = d.Chown("dir/sub/file", 1234, 1234)
				_ = d.Remove("dir/sub/gone")
				_, _ = d.MakeDir("dir/sub/made", 0o755)
			} else {
				_ = d.Walk(t.Context(), ".", nil, func(e Entry) error { return e.Chown(1234, 1234) })
			}
			st := inode(t, filepath.Join(outside, "sub/file"))
			if content, _ := os.ReadFile(filepath.Join(outside, "sub/file")); string(content) != "kept" || st.Uid != 0 || st.Mode&0o777 != 0o600 {
				t.Fatalf("outside is %q, mode %o, of %d", content, st.Mode&0o777, st.Uid)
			}
			if got := names(t, filepath.Join(outside, "sub")); len(got) != 1 {
				t.Fatalf("outside has %q", got)
			}
		})
	}
}

func TestWalkGoesOnAfterAnErrorAndSkipsLinks(t *testing.T) {
	clause.Proves(t, "SETUP-14")
	t.Parallel()
	base := tree(t)
	must(t, os.MkdirAll(filepath.Join(base, "skipped/below"), 0o755))
	var seen []string
	err := open(t, base, RefuseLinks).Walk(t.Context(), ".", nil, func(e Entry) error {
		seen = append(seen, e.Name)
		if e.Name == "skipped" {
			return os.ErrInvalid // an error, and the rest is visited all the same
		}
		return nil
	})
	if err == nil || len(seen) != 6 { // ., a, b, file, skipped, below
		t.Errorf("visited %q, %v", seen, err)
	}
	if err := open(t, base, RefuseLinks).Walk(t.Context(), "out", nil, func(Entry) error { t.Error("visited"); return nil }); err == nil {
		t.Error("a link was walked")
	}
	picked := 0
	var turnedDown []string
	err = open(t, base, RefuseLinks).Walk(t.Context(), "a", func(e Entry) bool {
		if e.Mode&unix.S_IFMT == unix.S_IFREG {
			return true
		}
		if e.Chown(1234, 1234) == nil && !e.IsDir() {
			t.Errorf("%s was changed before it was opened", e.Path())
		}
		turnedDown = append(turnedDown, e.Path())
		return false
	}, func(Entry) error {
		picked++
		return nil
	})
	if err != nil || picked != 1 {
		t.Errorf("picked %d, %v", picked, err)
	}
	if slices.Sort(turnedDown); !slices.Equal(slices.Compact(turnedDown), turnedDown) {
		t.Errorf("shown twice: %q", turnedDown)
	}
}
