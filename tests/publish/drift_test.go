package publish

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// function is a function of the Dagger module, as its source declares it.
type function struct {
	flags    []string
	required []string // those of them that a call cannot leave out
}

// module reads the functions of the Dagger module, by the names that calls use; the
// constructor is "".
func module(src map[string]string) (map[string]function, error) {
	functions := map[string]function{}
	for name, text := range src {
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			switch {
			case !ok:
			case f.Recv == nil && f.Name.Name == "New":
				functions[""] = signature(f, file.Comments)
			case f.Recv != nil && f.Name.IsExported():
				functions[kebab(f.Name.Name)] = signature(f, file.Comments)
			}
		}
	}
	return functions, nil
}

// signature takes the parameters but the context. One is optional by a comment between
// it and the one before.
func signature(f *ast.FuncDecl, comments []*ast.CommentGroup) function {
	var out function
	from := f.Type.Params.Opening
	for _, field := range f.Type.Params.List {
		said := ""
		for _, c := range comments {
			if c.Pos() > from && c.End() < field.Pos() {
				for _, line := range c.List {
					said += line.Text + "\n"
				}
			}
		}
		from = field.End()
		for _, name := range field.Names {
			if name.Name == "ctx" {
				continue
			}
			out.flags = append(out.flags, kebab(name.Name))
			if !strings.Contains(said, "+optional") && !strings.Contains(said, "+default") {
				out.required = append(out.required, kebab(name.Name))
			}
		}
	}
	return out
}

func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// calls are the commands of a text that call the module; a command goes on after "\" and,
// in a workflow, on deeper lines.
func calls(text string) []string {
	text = regexp.MustCompile(`\\\n\s*`).ReplaceAllString(text, " ")
	text = regexp.MustCompile(`\n\s+(--\w)`).ReplaceAllString(text, " $1")
	return regexp.MustCompile(`(?m)dagger (?:--\S+ )*call [^\n`+"`"+`]+`).FindAllString(text, -1)
}

// drift is what a documented call has that the module has not.
func drift(functions map[string]function, call string) []string {
	_, words, _ := strings.Cut(call, " call ")
	var wrong, given []string
	now, name := functions[""], ""
	for word := range strings.FieldsSeq(words) {
		flag, isFlag := strings.CutPrefix(word, "--")
		switch {
		case isFlag:
			flag, _, _ = strings.Cut(flag, "=")
			given = append(given, flag)
			if !slices.Contains(now.flags, flag) {
				wrong = append(wrong, fmt.Sprintf("%q has no argument %q", name, flag))
			}
		case name == "":
			f, ok := functions[word]
			if !ok {
				return append(wrong, fmt.Sprintf("there is no function %q", word))
			}
			now, name = f, word
		default: // the rest calls what the function gave
			return append(wrong, missing(now, name, given)...)
		}
	}
	return append(wrong, missing(now, name, given)...)
}

func missing(f function, name string, given []string) []string {
	var wrong []string
	for _, flag := range f.required {
		if !slices.Contains(given, flag) {
			wrong = append(wrong, fmt.Sprintf("%q is called without %q", name, flag))
		}
	}
	return wrong
}

func TestDocumentedCallsAreThoseOfTheModule(t *testing.T) {
	root := filepath.Join("..", "..")
	functions, err := module(read(t, filepath.Join(root, "ci", "*.go")))
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{"": true}
	for _, pattern := range []string{"docs/contributing/*.md", ".github/workflows/*.yml"} {
		for name, text := range read(t, filepath.Join(root, pattern)) {
			for _, call := range calls(text) {
				for _, w := range drift(functions, call) {
					t.Errorf("%s: %q: %s", name, call, w)
				}
				for f := range functions {
					if strings.Contains(call+" ", " "+f+" ") {
						called[f] = true
					}
				}
			}
		}
	}
	// Where a call stands in passing, its arguments are elsewhere.
	for _, pattern := range []string{"README.md", "CHANGELOG.md", "docs/adr/*.md", "internal/build/pipeline/*.go", "ci/*.go"} {
		for name, text := range read(t, filepath.Join(root, pattern)) {
			for _, call := range regexp.MustCompile(`dagger call ([a-z][a-z-]*)`).FindAllStringSubmatch(text, -1) {
				if _, ok := functions[call[1]]; !ok {
					t.Errorf("%s: there is no function %q", name, call[1])
				}
			}
		}
	}
	for f := range functions {
		if !called[f] {
			t.Errorf("no page of docs/contributing shows the function %q", f)
		}
	}
}

func read(t *testing.T, pattern string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("nothing matches %q, %v", pattern, err)
	}
	texts := map[string]string{}
	for _, name := range names {
		if strings.HasSuffix(name, ".gen.go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

func TestAWrongCallInTheDocumentationIsFound(t *testing.T) {
	functions, err := module(map[string]string{"m.go": `package main
func New(
	// +optional
	goImage string,
) *M { return nil }
func (m *M) TestUnit(ctx context.Context,
	// what
	docker *dagger.Socket,
	// +default="full"
	variant string,
) {}
func (m *M) hidden() {}
`})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ call, want string }{
		"a good call":                {"dagger call --go-image=x test-unit --docker=/s --variant=slim", ""},
		"a chain":                    {"dagger --progress=plain call test-unit --docker=/s export --path=x", ""},
		"an unknown function":        {"dagger call test-all", `no function "test-all"`},
		"a function that is private": {"dagger call hidden", `no function "hidden"`},
		"an unknown argument":        {"dagger call test-unit --docker=/s --fast", `no argument "fast"`},
		"an argument of another":     {"dagger call --variant=slim test-unit --docker=/s", `no argument "variant"`},
		"a call without a need":      {"dagger call test-unit", `without "docker"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(drift(functions, c.call), "; ")
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
	found := calls("```sh\ndagger call \\\n    --go-image=x \\\n    test-unit\n```\n  run: >-\n    dagger call lint\n    --a=b\n")
	if len(found) != 2 || found[0] != "dagger call  --go-image=x  test-unit" || found[1] != "dagger call lint --a=b" {
		t.Errorf("want two calls with their words, got %q", found)
	}
}
