package held

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func open(t *testing.T, path string, links Links) *Dir {
	t.Helper()
	d, err := Open(path, links)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes owners")
	}
}

// tree returns a directory with links of each kind, some of them into a directory outside.
func tree(t *testing.T) (base string) {
	t.Helper()
	base, outside := t.TempDir(), t.TempDir()
	must(
		t,
		os.MkdirAll(filepath.Join(base, "a/b"), 0o755),
		os.WriteFile(filepath.Join(base, "a/b/file"), []byte("inside"), 0o644),
		os.WriteFile(filepath.Join(outside, "file"), []byte("outside"), 0o644),
		os.Symlink("file", filepath.Join(base, "a/b/near")),
		os.Symlink("b", filepath.Join(base, "a/dir")),
		os.Symlink(outside, filepath.Join(base, "out")),
		os.Symlink(filepath.Join(outside, "file"), filepath.Join(base, "outfile")),
		os.Symlink("nowhere", filepath.Join(base, "dangling")),
		os.Symlink("/proc/self/fd", filepath.Join(base, "magic")),
		os.Symlink("../"+filepath.Base(outside)+"/file", filepath.Join(base, "climbing")),
		os.Symlink("loop", filepath.Join(base, "loop")),
	)
	return base
}

func TestWhichNamesEachRuleFollows(t *testing.T) {
	clause.Proves(t, "SETUP-15", "SUP-13")
	t.Parallel()
	base := tree(t)
	for _, c := range []struct {
		name            string
		refuse, within  bool // whether the file can be read
		refusedAsLink   bool
		followedAnyway  bool
		contentIfReadBy string
	}{
		{name: "a/b/file", refuse: true, within: true, followedAnyway: true, contentIfReadBy: "inside"},
		{name: "./a//b/../b/file", within: true, refuse: true, followedAnyway: true, contentIfReadBy: "inside"},
		{name: "a/b/near", within: true, refusedAsLink: true, followedAnyway: true, contentIfReadBy: "inside"},
		{name: "a/dir/file", within: true, refusedAsLink: true, followedAnyway: true, contentIfReadBy: "inside"},
		{name: "out/file", refusedAsLink: true, followedAnyway: true, contentIfReadBy: "outside"},
		{name: "outfile", refusedAsLink: true, followedAnyway: true, contentIfReadBy: "outside"},
		{name: "climbing", refusedAsLink: true, followedAnyway: true, contentIfReadBy: "outside"},
		{name: "dangling", refusedAsLink: true},
		{name: "loop", refusedAsLink: true},
		{name: "magic/0", refusedAsLink: true},
		{name: "a/../../../../etc/passwd"},
		{name: "../" + filepath.Base(base) + "/a/b/file", followedAnyway: true, contentIfReadBy: "inside"},
		{name: filepath.Join(base, "a/b/file"), followedAnyway: true, contentIfReadBy: "inside"},
		{name: "missing/file"},
	} {
		for links, want := range map[Links]bool{RefuseLinks: c.refuse, FollowWithin: c.within} {
			content, err := open(t, base, links).ReadFile(c.name)
			if (err == nil) != want || want && string(content) != c.contentIfReadBy {
				t.Errorf("%s by rule %d: %q, %v", c.name, links, content, err)
			}
			if links == RefuseLinks && errors.Is(err, ErrLink) != c.refusedAsLink {
				t.Errorf("%s: %v, want ErrLink: %t", c.name, err, c.refusedAsLink)
			}
		}
		if content, err := open(t, base, FollowAll).ReadFile(c.name); c.followedAnyway && string(content) != c.contentIfReadBy {
			t.Errorf("%s, followed: %q, %v", c.name, content, err)
		}
	}
}

func TestWithoutOpenat2TheSameNamesAreRefused(t *testing.T) {
	clause.Proves(t, "SETUP-15", "SUP-13")
	t.Parallel()
	base := tree(t)
	d := open(t, base, RefuseLinks)
	names := []string{
		".", "a", "a/", "a/b", "a/b/file", "a/b/file/", "a/b/near", "a/dir", "a/dir/file", "out", "out/", "out/file", "outfile", "climbing",
		"dangling", "dangling/x", "loop", "loop/x", "magic", "magic/0", "missing", "missing/file", "..", "../x", "/", "/etc/passwd",
		"a/b/file/below",
	}
	for _, flags := range []int{unix.O_RDONLY | unix.O_NONBLOCK, unix.O_PATH, unix.O_PATH | unix.O_DIRECTORY, unix.O_RDONLY | unix.O_DIRECTORY} {
		for _, name := range names {
			one, oneErr := d.openNoLinks(name, flags, 0)
			other, otherErr := d.openByElement(name, flags, 0)
			if errors.Is(oneErr, ErrLink) != errors.Is(otherErr, ErrLink) || (oneErr == nil) != (otherErr == nil) {
				t.Errorf("%s with flags %#x: in one step %v, by element %v", name, flags, oneErr, otherErr)
			}
			for _, fd := range []int{one, other} {
				if fd >= 0 {
					closeFD(fd)
				}
			}
		}
	}
}

func TestRootFollowsOnlyLinksThatNobodyElseCanHaveMade(t *testing.T) {
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
		"shared with all":     {0, 0o777, false},
	} {
		t.Run(name, func(t *testing.T) {
			base, target := t.TempDir(), t.TempDir()
			must(
				t,
				os.Symlink(target, filepath.Join(base, "there")),
				os.Symlink(filepath.Join(target, "new"), filepath.Join(base, "dangling")),
				os.Mkdir(filepath.Join(base, "real"), 0o755),
				os.Chmod(base, c.mode),
				os.Chown(base, c.uid, c.uid),
			)
			d := open(t, base, FollowOwn)
			if own, err := d.Dir("there"); (err == nil) != c.follow || !c.follow && !errors.Is(err, ErrLink) {
				t.Errorf("link: %v", err)
			} else if err == nil {
				_ = own.Close()
			}
			if own, err := d.Dir("real"); err != nil {
				t.Errorf("directory: %v", err)
			} else {
				_ = own.Close()
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

func TestAHeldDirectoryIsTheSameAfterItsNameLeadsElsewhere(t *testing.T) {
	clause.Proves(t, "SUP-13")
	t.Parallel()
	base := t.TempDir()
	old := filepath.Join(base, "dir")
	must(t, os.Mkdir(old, 0o755))
	d := open(t, old, RefuseLinks)
	before, err := d.ID()
	must(t, err, os.Rename(old, filepath.Join(base, "moved")), os.Mkdir(old, 0o755))
	must(t, d.WriteFile("file", []byte("x"), Write{Mode: 0o600}))
	if _, err := os.Stat(filepath.Join(base, "moved/file")); err != nil {
		t.Error(err)
	}
	if after, err := d.ID(); err != nil || after != before {
		t.Errorf("identity %v, then %v, %v", before, after, err)
	}
	if !strings.HasPrefix(d.Path(), "/proc/self/fd/") {
		t.Errorf("path %q", d.Path())
	}
}
