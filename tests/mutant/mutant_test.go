package mutant

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository is a module with one program of two packages.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":            "module made.up\n\ngo 1.24\n",
		"cmd/greet/main.go": "package main\n\nimport \"made.up/words\"\n\nfunc main() { println(words.Hello, \"you\") }\n",
		"words/words.go":    "package words\n\nconst Hello = \"hello\"\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func builder(t *testing.T, root string) *Builder {
	t.Helper()
	b, err := NewBuilder(root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAMutantHasItsEditsAndTheSourceHasNone(t *testing.T) {
	root := repository(t)
	b := builder(t, root)
	for want, edits := range map[string][]Edit{
		"hello you\n": nil,
		"bye you\n":   {{"words/words.go", `"hello"`, `"bye"`}},
		"bye all\n":   {{"words/words.go", `"hello"`, `"bye"`}, {"cmd/greet/main.go", `"you"`, `"all"`}},
		"hi, hi you\n": { // the second edit finds what the first one wrote
			{"words/words.go", `"hello"`, `"hi, ho"`},
			{"words/words.go", "ho", "hi"},
		},
		"new you\n": {{"words/words.go", `const Hello = "hello"`, ""}, {"words/new.go", "", "package words\n\nconst Hello = \"new\"\n"}},
	} {
		path, err := b.Build(t.Context(), Program{Package: "./cmd/greet", Edits: edits})
		if err != nil {
			t.Fatal(err)
		}
		got, err := exec.CommandContext(t.Context(), path).CombinedOutput()
		if string(got) != want || err != nil {
			t.Errorf("with %q: want %q, got %q (%v)", edits, want, got, err)
		}
	}
	source, err := os.ReadFile(filepath.Join(root, "words/words.go"))
	if err != nil || !strings.Contains(string(source), `"hello"`) {
		t.Errorf("want the source as it was, got %q (%v)", source, err)
	}
}

func TestAProgramIsBuiltOnce(t *testing.T) {
	b := builder(t, repository(t))
	p := Program{Package: "./cmd/greet", Edits: []Edit{{"words/words.go", "hello", "bye"}}}
	first, err := b.Build(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.Build(t.Context(), p)
	if err != nil || second != first {
		t.Errorf("want %s again, got %s (%v)", first, second, err)
	}
}

// An edit that finds nothing to change would test the program as it is.
func TestAnEditThatDoesNotFitIsNamed(t *testing.T) {
	b := builder(t, repository(t))
	for name, c := range map[string]struct {
		edit Edit
		says string
	}{
		"text that is not there":   {Edit{"words/words.go", "absent", "x"}, `cannot edit "words/words.go": want "absent" in it once, got it 0 times`},
		"text that is there twice": {Edit{"words/words.go", "l", "x"}, `want "l" in it once, got it`},
		"a file that is not there": {Edit{"words/gone.go", "a", "b"}, `cannot edit "words/gone.go"`},
		"a change that is no Go":   {Edit{"words/words.go", "const", "koenst"}, "syntax error"},
	} {
		t.Run(name, func(t *testing.T) {
			path, err := b.Build(t.Context(), Program{Package: "./cmd/greet", Edits: []Edit{c.edit}})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("want an error with %q, got %q (%v)", c.says, path, err)
			}
		})
	}
}
