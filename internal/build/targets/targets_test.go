package targets

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const sample = `//go:build mage

package main

// Aliases are the short names.
var Aliases = map[string]any{"build": Build.All}

// Build makes images.
type Build mg.Namespace

// All builds both variants
// of the image.
//
// It needs an engine.
//
// Example:
//
//	go tool mage build
//
// Time: a minute.
func (Build) All(ctx context.Context) error { return nil }

// Publish pushes an image.
func Publish(ctx context.Context, address string) error { return nil }

// Bench measures.
func Bench(ctx context.Context, runs *int) error { return nil }

// helper is nobody's target.
func helper() {}
`

func samples(t *testing.T) []Target {
	t.Helper()
	all, err := Read(fstest.MapFS{"magefiles/a.go": {Data: []byte(sample)}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestReadFindsTargetsWithTheirAliasesAndArguments(t *testing.T) {
	want := []Target{
		{Name: "bench", Flags: true, Summary: "Measures"},
		{Name: "build", Long: "build:all", Summary: "Builds both variants of the image", Text: "It needs an engine.\n\nExample:\n\n\tgo tool mage build\n\nTime: a minute."},
		{Name: "publish", Args: []string{"ADDRESS"}, Summary: "Pushes an image"},
	}
	if diff := cmp.Diff(want, samples(t)); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefusesAFolderWithoutTargets(t *testing.T) {
	for name, tree := range map[string]fstest.MapFS{
		"nothing there": {},
		"no Go":         {"magefiles/a.go": {Data: []byte("text")}},
	} {
		if _, err := Read(tree); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func TestFindTakesAliasAndLongNameInAnyCase(t *testing.T) {
	for name, want := range map[string]string{"build": "build", "build:all": "build", "Build:All": "build", "PUBLISH": "publish", "helper": "", "": ""} {
		if got, known := Find(samples(t), name); got.Name != want || known != (want != "") {
			t.Errorf("%q: got %q, %t", name, got.Name, known)
		}
	}
}

func TestHelpReadsLikeThatOfOtherCommands(t *testing.T) {
	build, _ := Find(samples(t), "build")
	var out strings.Builder
	Help(&out, build)
	want := `Builds both variants of the image.

Usage:
  go tool mage build

It needs an engine.

Example:
  go tool mage build

Time: a minute.

The same as "build:all".
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	out.Reset()
	List(&out, samples(t))
	if !strings.Contains(out.String(), "\n  bench    Measures\n  build    Builds both variants of the image\n") {
		t.Errorf("got\n%s", &out)
	}
}

// Whoever adds a target says what a reader wants to know of it.
func TestEachTargetSaysWhatItDoesWithAnExampleAndItsTime(t *testing.T) {
	all, err := Read(os.DirFS("../../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range all {
		if len(target.Summary) < 20 || len(target.Summary) > 110 {
			t.Errorf("%s: the summary %q does not fill one line", target.Name, target.Summary)
		}
		for _, part := range []string{"Examples:\n\n\t", "Time: "} {
			if !strings.Contains(target.Text, part) {
				t.Errorf("%s: its help lacks %q", target.Name, part)
			}
		}
	}
}
