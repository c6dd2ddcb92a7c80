package pipeline

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func follow(t *testing.T, file string) (*progress, []string) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "build", file))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	p, shown := &progress{}, []string(nil)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if line := p.feed(lines.Text()); line != "" {
			shown = append(shown, line)
		}
	}
	return p, shown
}

func TestProgressShowsWhatTookTime(t *testing.T) {
	p, shown := follow(t, "ok.txt")
	want := []string{"      2.3s  [ok 2/3] RUN echo hello; sleep 2; echo there"}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	if p.cached != 1 {
		t.Errorf("cached steps: want 1, got %d", p.cached)
	}
	if got, want := p.now(), "[ok 2/3] RUN echo hello; sleep 2; echo there: there"; got != want {
		t.Errorf("now: want %q, got %q", want, got)
	}
}

func TestProgressKeepsTheEndOfAFailedStep(t *testing.T) {
	p, shown := follow(t, "bad.txt")
	if len(shown) != 0 {
		t.Errorf("a failed step was shown as done: %q", shown)
	}
	if diff := cmp.Diff([]string{"hello", "last words"}, p.log()); diff != "" {
		t.Error(diff)
	}
}

func TestProgressOfNoBuildAtAll(t *testing.T) {
	p := &progress{}
	for range 2 * keptLines {
		p.feed("Cannot connect to the Docker daemon")
	}
	if len(p.log()) != keptLines {
		t.Errorf("kept %d lines, want %d", len(p.log()), keptLines)
	}
	if p.now() != "" {
		t.Errorf("now: want nothing, got %q", p.now())
	}
}

func TestClip(t *testing.T) {
	for in, want := range map[string]string{
		"":                "",
		"a  b\n c":        "a b c",
		longText("x", 99): longText("x", 95) + "…",
	} {
		if got := clip(in); got != want {
			t.Errorf("clip(%q): want %q, got %q", in, want, got)
		}
	}
}

func longText(s string, n int) string {
	out := ""
	for range n {
		out += s
	}
	return out
}
