package fixattrs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func write(t *testing.T, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestRulesAreReadLineByLine(t *testing.T) {
	clause.Proves(t, "SUP-67")
	t.Parallel()
	rules, err := parse("# comment\n\n/data true hermes,10000:10000 0644 2755\n/one\tfalse 1:2 0600 0700\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []rule{
		{"/data", true, "hermes,10000:10000", 0o644, 0o2755},
		{"/one", false, "1:2", 0o600, 0o700},
	}
	if diff := cmp.Diff(want, rules, cmp.AllowUnexported(rule{})); diff != "" {
		t.Error(diff)
	}
	for line, complaint := range map[string]string{
		"/a true x 0644":        "4 words",
		"/a maybe x 0644 0755":  `recurse is "maybe"`,
		"/a true x rw 0755":     `mode is "rw"`,
		"/a true x 0644 0o755":  `mode is "0o755"`,
		"/a true x 0644 077777": `mode is "077777"`,
	} {
		if _, err := parse("\n" + line); err == nil || !strings.Contains(err.Error(), "line 2: "+complaint) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestAnAccountIsANameOrIds(t *testing.T) {
	clause.Proves(t, "SUP-67")
	t.Parallel()
	lookup := func(name string) (int, int, error) {
		if name == "known" {
			return 7, 8, nil
		}
		return 0, 0, errors.New("unknown")
	}
	for account, want := range map[string]string{
		"known": "7:8", "known,1:2": "7:8", "unknown,1:2": "1:2", "3:4": "3:4", "unknown": "error", "unknown,x:y": "error", "unknown,": "error",
	} {
		uid, gid, err := owner(account, lookup)
		got := fmt.Sprintf("%d:%d", uid, gid)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", account, got, want)
		}
	}
}

func TestRulesChangeWhatTheyNameAndNothingElse(t *testing.T) {
	clause.Proves(t, "SUP-67")
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "data", "file")
	write(t, dir, "data", "sub", "deep")
	write(t, dir, "data", ".hidden")
	write(t, dir, "outside")
	if err := os.Symlink("../outside", filepath.Join(dir, "data", "link")); err != nil {
		t.Fatal(err)
	}
	modes := func() string {
		var out []string
		for _, path := range []string{"data", "data/file", "data/sub", "data/sub/deep", "data/.hidden", "outside"} {
			info, err := os.Stat(filepath.Join(dir, path))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%o", info.Mode().Perm()))
		}
		return strings.Join(out, " ")
	}
	account := fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	r := rule{path: dir + "/data", recurse: true, account: account, fmode: 0o640, dmode: 0o750}
	if err := r.apply(false); err != nil {
		t.Fatal(err)
	}
	if got := modes(); got != "750 640 750 640 644 644" {
		t.Errorf("without hidden files: %s", got)
	}
	if err := r.apply(true); err != nil {
		t.Fatal(err)
	}
	if got := modes(); got != "750 640 750 640 640 644" {
		t.Errorf("with hidden files: %s", got)
	}
	flat := rule{path: dir + "/data", account: account, fmode: 0o600, dmode: 0o700}
	if err := flat.apply(true); err != nil {
		t.Fatal(err)
	}
	if got := modes(); got != "700 640 750 640 640 644" {
		t.Errorf("without recursion: %s", got)
	}
	missing := rule{path: dir + "/missing", account: account}
	if err := missing.apply(true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing path: %v", err)
	}
}
