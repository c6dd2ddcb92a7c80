package apt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func put(t *testing.T, dir, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, ListName), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAddToListKeepsEachNameOnce(t *testing.T) {
	clause.Proves(t, "TOOL-15")
	dir := t.TempDir()
	for _, names := range [][]string{{"jq", "g++"}, {"jq"}, {"rg", "rg"}} {
		if _, err := AddToList(dir, names); err != nil {
			t.Fatal(err)
		}
	}
	names, skipped, err := ReadList(dir)
	if diff := cmp.Diff([]string{"jq", "g++", "rg"}, names); diff != "" || err != nil || len(skipped) > 0 {
		t.Error(diff, skipped, err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("left over: %v", entries)
	}
}

func TestWhatWasNotInstalledIsTakenFromTheListAgain(t *testing.T) {
	clause.Proves(t, "TOOL-15")
	dir := t.TempDir()
	put(t, dir, "# mine\njq\nlast")
	added, err := AddToList(dir, []string{"jq", "new", "new"})
	if diff := cmp.Diff([]string{"new"}, added); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := TakeFromList(dir, added); err != nil {
		t.Error(err)
	}
	if content, err := os.ReadFile(filepath.Join(dir, ListName)); err != nil || string(content) != "# mine\njq\nlast\n" {
		t.Errorf("the list is %q, %v", content, err)
	}
}

func TestTheListMayHaveAnyContent(t *testing.T) {
	clause.Proves(t, "TOOL-15")
	dir := t.TempDir()
	put(t, dir, "# mine\njq\n\n-o\n./x.deb\njq=1\njq\nrg \nlast")
	names, skipped, err := ReadList(dir)
	if diff := cmp.Diff([]string{"jq", "last"}, names); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff([]string{`"-o"`, `"./x.deb"`, `"jq=1"`, `"rg "`}, skipped); diff != "" {
		t.Error(diff)
	}
	if _, err := AddToList(dir, []string{"new"}); err != nil {
		t.Fatal(err)
	}
	content, _ := os.ReadFile(filepath.Join(dir, ListName))
	if got := string(content); !strings.HasPrefix(got, "# mine\n") || !strings.HasSuffix(got, "\nlast\nnew\n") {
		t.Errorf("what was there is not kept: %q", got)
	}
}

func TestAListThatIsNotARegularFileIsRefused(t *testing.T) {
	clause.Proves(t, "TOOL-15")
	for name, spoil := range map[string]func(path string) error{
		"link":      func(path string) error { return os.Symlink("/etc/passwd", path) },
		"dangling":  func(path string) error { return os.Symlink("nowhere", path) },
		"fifo":      func(path string) error { return unix.Mkfifo(path, 0o644) },
		"directory": func(path string) error { return os.Mkdir(path, 0o755) },
		"huge":      func(path string) error { return os.WriteFile(path, make([]byte, maxList+1), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, ListName)
			if err := spoil(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(path)
			_, _, readErr := ReadList(dir)
			if _, err := AddToList(dir, []string{"jq"}); err == nil || readErr == nil {
				t.Errorf("read: %v, add: %v", readErr, err)
			}
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
				t.Error("it was replaced")
			}
		})
	}
}

func TestAFullListIsNamed(t *testing.T) {
	clause.Proves(t, "TOOL-15")
	dir := t.TempDir()
	put(t, dir, strings.Repeat("aa\n", 10)+"b"+strings.Repeat("\nb", maxKnown))
	var many []string
	for i := range maxKnown {
		many = append(many, "p"+strings.Repeat("x", i%100)+string(rune('a'+i/100)))
	}
	if _, err := AddToList(dir, many); err == nil || !strings.Contains(err.Error(), "is full") {
		t.Error(err)
	}
	if _, err := AddToList(filepath.Join(dir, "missing"), []string{"jq"}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func FuzzParseList(f *testing.F) {
	f.Add("jq\n# x\n\nrg")
	f.Add("-o\n\x00\n")
	f.Fuzz(func(t *testing.T, content string) {
		names, _ := parseList(content)
		for i, name := range names {
			if err := CheckName(name); err != nil || i >= maxKnown {
				t.Errorf("%d: %v", i, err)
			}
		}
	})
}
