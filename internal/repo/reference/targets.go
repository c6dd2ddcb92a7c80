package reference

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// target is one target of mage.
type target struct {
	name string // as on the command line
	args []string
	doc  string
}

// mageTargets reads the exported functions of magefiles/ that mage calls.
func mageTargets(tree fs.FS) ([]target, error) {
	names, err := fs.Glob(tree, "magefiles/*.go")
	if err != nil {
		return nil, err
	}
	var found []target
	for _, name := range names {
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path.Base(name), src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("cannot read mage targets: %w", err)
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Name.IsExported() {
				found = append(found, readTarget(fn))
			}
		}
	}
	slices.SortFunc(found, func(a, b target) int { return cmp.Compare(a.name, b.name) })
	return found, nil
}

func readTarget(fn *ast.FuncDecl) target {
	t := target{name: lowerFirst(fn.Name.Name), doc: strings.TrimSpace(fn.Doc.Text())}
	if fn.Recv != nil {
		if space, ok := fn.Recv.List[0].Type.(*ast.Ident); ok {
			t.name = lowerFirst(space.Name) + ":" + t.name
		}
	}
	for _, field := range fn.Type.Params.List {
		if kind, ok := field.Type.(*ast.Ident); ok && kind.Name == "string" {
			for _, name := range field.Names {
				t.args = append(t.args, strings.ToUpper(name.Name))
			}
		}
	}
	return t
}

func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

func targetPage(targets []target) string {
	var b strings.Builder
	b.WriteString("# Targets of mage\n\nRun with `go tool mage TARGET`; `go tool mage -l` lists them, `-v` before a target shows all output. The\n" +
		"variables that they read are in [environment.md](environment.md).\n\n")
	row(&b, "target", "does")
	row(&b, "---", "---")
	for _, t := range targets {
		_, doc, _ := strings.Cut(t.doc, " ")
		row(&b, code(strings.Join(append([]string{t.name}, t.args...), " ")), cell(doc))
	}
	return b.String()
}
