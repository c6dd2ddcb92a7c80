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
	"strconv"
	"strings"
	"testing"
)

// outside is what stands in the root and is no business of the Dagger module.
func outside() []string { return []string{".cache", ".git", ".gitignore", "dist"} }

// source is what the Dagger module says of the files it takes.
type source struct {
	ignore []string // patterns of the constructor
	takes  []string // what its functions then ask for
	marks  map[string]string
}

func readSource(texts map[string]string) (source, error) {
	s := source{marks: map[string]string{}}
	for name, text := range texts {
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			return s, err
		}
		for _, list := range regexp.MustCompile(`\+ignore=\[(.*)\]\n\s*(\w+)`).FindAllStringSubmatch(text, -1) {
			if list[2] != "source" {
				continue // the clone, which is whole
			}
			for item := range strings.SplitSeq(list[1], ",") {
				s.ignore = append(s.ignore, strings.Trim(strings.TrimSpace(item), `"`))
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s.take(n)
			return true
		})
	}
	return s, nil
}

// take notes a cache mark, and the names that are handed to a function that filters.
func (s *source) take(n ast.Node) {
	var names []ast.Expr
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n.Recv != nil && n.Name.IsExported() {
			s.marks[n.Name.Name] = ""
			if mark := regexp.MustCompile(`\+cache="(.*)"`).FindStringSubmatch(n.Doc.Text()); mark != nil {
				s.marks[n.Name.Name] = mark[1]
			}
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"toolchain", "export"}, f.Sel.Name) {
			names = n.Args
		}
	case *ast.ValueSpec:
		if len(n.Values) == 1 && n.Names[0].Name == "recipe" {
			if list, ok := n.Values[0].(*ast.CompositeLit); ok {
				names = list.Elts
			}
		}
	}
	for _, e := range names {
		if text, ok := e.(*ast.BasicLit); ok && text.Kind == token.STRING {
			if name, err := strconv.Unquote(text.Value); err == nil {
				s.takes = append(s.takes, name)
			}
		}
	}
}

// faults compares the module's allow-list with what stands in the root.
func (s source) faults(root []string) []string {
	if len(s.ignore) == 0 || s.ignore[0] != "*" {
		return []string{`the list does not begin with "*": what nobody named would be taken`}
	}
	var wrong []string
	allowed := map[string]bool{}
	for _, pattern := range s.ignore[1:] {
		name, ok := strings.CutPrefix(pattern, "!")
		switch {
		case !ok && !strings.Contains(pattern, "/"):
			wrong = append(wrong, fmt.Sprintf("%q is left out a second time", pattern))
		case !ok: // a part of what is allowed
		case !slices.Contains(root, name):
			wrong = append(wrong, fmt.Sprintf("%q is allowed, and not there", name))
		case slices.Contains(outside(), name):
			wrong = append(wrong, fmt.Sprintf("%q is allowed: each commit or build would begin anew", name))
		}
		allowed[name] = ok
	}
	for _, name := range root {
		if !allowed[name] && !slices.Contains(outside(), name) {
			wrong = append(wrong, fmt.Sprintf("%q is new: allow it in ci/main.go, or say here that it stays outside", name))
		}
	}
	for _, name := range s.takes {
		if top, _, _ := strings.Cut(name, "/"); !allowed[top] {
			wrong = append(wrong, fmt.Sprintf("a function takes %q, which the list leaves out", name))
		}
	}
	return wrong
}

// unmarked are the functions that the engine would cache for a week, or for longer than
// a session what has to run each time.
func (s source) unmarked() []string {
	var wrong []string
	for name, mark := range s.marks {
		want := "session"
		if strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Publish") || name == "Check" || name == "Results" || name == "Verify" {
			want = "never"
		}
		if mark != want {
			wrong = append(wrong, fmt.Sprintf("%s is marked %q, want %q", name, mark, want))
		}
	}
	return wrong
}

func TestTheModuleTakesNoMoreThanItNeeds(t *testing.T) {
	root := filepath.Join("..", "..")
	s, err := readSource(read(t, filepath.Join(root, "ci", "*.go")))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	for _, w := range append(s.faults(names), s.unmarked()...) {
		t.Error(w)
	}
	if len(s.takes) < len(outside()) || len(s.marks) == 0 {
		t.Errorf("the functions take %q and are marked %v: this test reads ci/ no more", s.takes, s.marks)
	}
}

// What gates a change is a check of "dagger check", which passes no arguments; what only builds or publishes is not.
func TestGatesAreChecks(t *testing.T) {
	texts := read(t, filepath.Join("..", "..", "ci", "*.go"))
	functions, err := module(texts)
	if err != nil {
		t.Fatal(err)
	}
	checks, err := checked(texts)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"lint", "test-docker", "test-docker-slim", "test-init", "test-unit"}
	if !slices.Equal(checks, want) {
		t.Errorf("checks: want %q, got %q", want, checks)
	}
	for _, name := range checks {
		if need := functions[name].required; len(need) > 0 {
			t.Errorf("the check %q wants %q", name, need)
		}
	}
}

// checked are the functions marked as checks.
func checked(texts map[string]string) ([]string, error) {
	var names []string
	for name, text := range texts {
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil && regexp.MustCompile(`(?m)^\+check$`).MatchString(f.Doc.Text()) {
				names = append(names, kebab(f.Name.Name))
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

func TestOnlyAMarkMakesAFunctionACheck(t *testing.T) {
	got, err := checked(map[string]string{"m.go": "package main\n\n// Check all.\n//\n// +check\nfunc (m *M) LintAll() {}\n\n// Is +check in a sentence.\nfunc (m *M) Build() {}\n"})
	if err != nil || !slices.Equal(got, []string{"lint-all"}) {
		t.Errorf("want lint-all alone, got %q, %v", got, err)
	}
}

func TestAWrongListOfFilesIsFound(t *testing.T) {
	const module = `package main
func New(
	// +ignore=["*", "!go.mod", "!image", "image/old"]
	source *dagger.Directory,
	// +ignore=["dist"]
	repository *dagger.Directory,
) {}
var recipe = []string{"image"}
// Build builds.
//
// +cache="session"
func (m *M) Build() { m.toolchain(ctx, "go.mod"); m.export(ctx, "image/locks") }
`
	root := []string{".git", "go.mod", "image", "dist"}
	cases := map[string]struct{ change, to, want string }{
		"nothing":                       {"", "", ""},
		"all by default":                {`"*", `, "", "would be taken"},
		"a name that is not there":      {`"!image"`, `"!image", "!bench"`, `"bench" is allowed, and not there`},
		"what each commit changes":      {`"!image"`, `"!image", "!.git"`, `".git" is allowed`},
		"a new folder":                  {`"!image", `, "", `"image" is new`},
		"a function that finds no file": {`"image/locks"`, `"rootfs"`, `takes "rootfs"`},
		"a recipe that finds no file":   {`string{"image"}`, `string{"deploy"}`, `takes "deploy"`},
		"no mark":                       {`+cache="session"`, "", `Build is marked "", want "session"`},
		"a test that is cached":         {"Build()", "TestUnit()", `TestUnit is marked "session", want "never"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := readSource(map[string]string{"m.go": strings.Replace(module, c.change, c.to, 1)})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(append(s.faults(root), s.unmarked()...), "; ")
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}
