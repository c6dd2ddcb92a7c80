//go:build docker

package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/verify/report"
	"caduceus/tests/docker/checks"
	"caduceus/tests/docker/verifier"
)

const derived = "../derived"

// expectation is what the file expect of a derived image says.
type expectation struct {
	dockerfile string
	selected   []string          // IDs of checks
	broken     []broken          // of them
	unseen     []string          // broken or not seen
	notRun     map[string]string // with the reason
}

type broken struct {
	id     string
	line   int    // of the Dockerfile that the report names, 0: any
	layer  string // in the entry of the history
	reason string // of the expectation, as it is written down
}

func expected(t *testing.T, dir string) expectation {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "expect"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := checks.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	e := expectation{dockerfile: filepath.Join(dir, "Dockerfile"), notRun: map[string]string{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case word == "#":
		case word == "dockerfile":
			e.dockerfile = filepath.Join(root, rest)
		case word == "check":
			for w := range strings.FieldsSeq(rest) {
				for _, c := range all {
					if c.ID == w || c.Tier == checks.Tier(w) {
						e.selected = append(e.selected, c.ID)
					}
				}
			}
		case word == "broken":
			b := broken{reason: line}
			head, layer, _ := strings.Cut(rest, ": ")
			b.layer = layer
			if n, _ := fmt.Sscanf(head, "%s at %d", &b.id, &b.line); n == 0 || b.layer != "" && n != 2 {
				t.Fatalf("%s: cannot read %q", dir, line)
			}
			e.broken, e.selected = append(e.broken, b), append(e.selected, b.id)
		case word == "unseen":
			e.unseen, e.selected = append(e.unseen, rest), append(e.selected, rest)
		case strings.HasPrefix(line, "not run "):
			id, reason, _ := strings.Cut(strings.TrimPrefix(line, "not run "), ": ")
			e.notRun[id] = reason
		default:
			t.Fatalf("%s: cannot read %q", dir, line)
		}
	}
	if len(e.selected) == 0 {
		t.Fatalf("%s expects nothing", dir)
	}
	if e.dockerfile, err = filepath.Abs(e.dockerfile); err != nil { // hermes-verify runs elsewhere
		t.Fatal(err)
	}
	return e
}

// names are the folders of derived images that begin with one of some words.
func names(t *testing.T, least int, words ...string) []string {
	t.Helper()
	entries, err := os.ReadDir(derived)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		if kind, _, _ := strings.Cut(e.Name(), "-"); e.IsDir() && slices.Contains(words, kind) {
			list = append(list, e.Name())
		}
	}
	if len(list) < least {
		t.Fatalf("%d derived images, want at least %d", len(list), least)
	}
	return list
}

func TestDerivedImagesAreWhatTheySay(t *testing.T) {
	t.Parallel()
	engine.OnceForBoth(t, "people derive from full")
	program := verifier.Program(t)
	for _, name := range names(t, 20, "recipe", "good", "bad") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := expected(t, filepath.Join(derived, name))
			flags := []string{"--check", strings.Join(e.selected, ",")}
			if slices.ContainsFunc(e.broken, func(b broken) bool { return b.line > 0 }) {
				flags = append(flags, "--against", engine.Image(), "--dockerfile", e.dockerfile)
			}
			for id := range e.notRun {
				flags = append(flags, "--allow-not-run", id)
			}
			image := verifier.BuildFrom(t, &engine, name, filepath.Join(derived, name), e.dockerfile)
			o := verifier.Run(t, &engine, program, image, flags...)
			want := report.CodeHolds
			if len(e.broken) > 0 {
				want = report.CodeBroken
			}
			if o.Code != want {
				t.Errorf("exit code %d, want %d\n%s", o.Code, want, o.Out)
			}
			t.Log(o.Report.Line())
			e.compare(t, o)
			nothingLeft(t, image)
		})
	}
}

// compare wants each result of a run as it is expected.
func (e expectation) compare(t *testing.T, o verifier.Outcome) {
	t.Helper()
	for _, id := range e.selected {
		r := o.Result(id)
		at := slices.IndexFunc(e.broken, func(b broken) bool { return b.id == id })
		reason, left := e.notRun[id]
		switch {
		case at >= 0:
			e.broken[at].compare(t, r, o.Out)
		case slices.Contains(e.unseen, id):
			if r.Outcome != report.Broken && r.Outcome != report.CouldNotLook {
				t.Errorf("%s is %q\n%s", id, r.Outcome, o.Out)
			}
		case left:
			if r.Outcome != report.NotRun || r.Reason != reason {
				t.Errorf("%s is %q, because %q; want it not run, because %q", id, r.Outcome, r.Reason, reason)
			}
		case r.Outcome != report.Holds:
			t.Errorf("%s is %q: %s %v", id, r.Outcome, r.Reason, r.Breaks)
		}
	}
}

func (b broken) compare(t *testing.T, r report.Result, out string) {
	t.Helper()
	if r.Outcome != report.Broken || len(r.Breaks) == 0 || len(r.Causes) == 0 {
		t.Errorf("want it %q, got %q: %s %v, with causes %v", b.reason, r.Outcome, r.Reason, r.Breaks, r.Causes)
	}
	if b.line == 0 {
		return
	}
	if r.Layer == nil || r.Layer.Line != b.line || !strings.Contains(r.Layer.CreatedBy, b.layer) {
		t.Errorf("want it %q, got the layer %+v for %v", b.reason, r.Layer, r.Breaks)
	} else if !strings.Contains(out, b.id+" is broken by "+r.Layer.String()) {
		t.Errorf("the summary does not name the layer of %s\n%s", b.id, out)
	}
}
