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
	if got, want := p.now(), "waiting for the engine"; got != want {
		t.Errorf("all steps are done: want %q, got %q", want, got)
	}
}

// A step that is done is never named in a silence, whichever wrote last.
func TestASilenceNamesAStepThatRuns(t *testing.T) {
	p := &progress{}
	for _, c := range []struct{ line, want string }{
		{"#1 [python 1/2] RUN python.sh", "[python 1/2] RUN python.sh"},
		{"#1 sha256:1f9fe4a324f4fe061e8bc4dfec86573d94870fe957ac77d8b144f9dead2659bc", "[python 1/2] RUN python.sh"},
		{"#1 0.3 Resolved 200 packages", "[python 1/2] RUN python.sh: Resolved 200 packages"},
		{"#1 ...", "[python 1/2] RUN python.sh: Resolved 200 packages"},
		{"#2 [browser 1/1] RUN apt-install.sh chromium", "[browser 1/1] RUN apt-install.sh chromium"},
		{"#2 1.0 Unpacking chromium", "[browser 1/1] RUN apt-install.sh chromium: Unpacking chromium"},
		{"#2 1.1 ", "[browser 1/1] RUN apt-install.sh chromium: Unpacking chromium"},
		{"#2 DONE 31.0s", "[python 1/2] RUN python.sh: Resolved 200 packages"},
		{"#1 [python 1/2] RUN python.sh", "[python 1/2] RUN python.sh: Resolved 200 packages"},
		{"#1 DONE 40.0s", "waiting for the engine"},
		{"#3 [a 1/1] RUN a", "[a 1/1] RUN a"},
		{"#3 CANCELED", "waiting for the engine"},
		{"#4 exporting to image", "exporting to image"},
		{"#4 exporting layers", "exporting to image: exporting layers"},
		{"#5 [b 1/1] RUN b", "[b 1/1] RUN b"},
		{"#5 CACHED", "exporting to image: exporting layers"},
		{"#6 [c 1/1] RUN c", "[c 1/1] RUN c"},
		{"#6 ERROR: exit code: 1", "exporting to image: exporting layers"},
	} {
		p.feed(c.line)
		if got := p.now(); got != c.want {
			t.Errorf("after %q: want %q, got %q", c.line, c.want, got)
		}
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
	if got, want := p.now(), "waiting for the engine"; got != want {
		t.Errorf("now: want %q, got %q", want, got)
	}
}

func TestLongLinesAreCutOnTheScreen(t *testing.T) {
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
