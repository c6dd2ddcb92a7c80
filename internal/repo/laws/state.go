package laws

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// PackageState refuses, in the named packages of this module, whatever lives as long as the process
// and can change: an init function, and a package variable that is neither an error to compare with
// nor, in a main package, a string for the linker. Tests are exempt.
//
// spec: SUP-91.
func PackageState(tree fs.FS, packages []string) ([]Violation, error) {
	var found []Violation
	for _, pkg := range packages {
		dir := strings.TrimPrefix(pkg, Module+"/")
		files, err := fs.Glob(tree, path.Join(dir, "*.go"))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("no Go file in %q", dir)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			v, err := stateOf(tree, name)
			if err != nil {
				return nil, err
			}
			found = append(found, v...)
		}
	}
	return found, nil
}

func stateOf(tree fs.FS, name string) ([]Violation, error) {
	src, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []Violation
	refuse := func(at token.Pos, format string, a ...any) {
		found = append(found, Violation{name, set.Position(at).Line, fmt.Sprintf(format, a...)})
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == "init" && d.Recv == nil {
				refuse(d.Pos(), "has an init function: call it from where its work is needed")
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if d.Tok != token.VAR {
					continue
				}
				for _, id := range variables(spec, file.Name.Name == "main") {
					refuse(id.Pos(), "has the package variable %s: make it a field, a constant or a function", id.Name)
				}
			}
		}
	}
	imported := importNames(file)
	ast.Inspect(file, func(n ast.Node) bool {
		for _, target := range written(n) {
			if what := foreignState(target, imported); what != "" {
				refuse(target.Pos(), "writes to %s: package state is not to change", what)
			}
		}
		return true
	})
	return found, nil
}

// variables are the names of a declaration that can change.
func variables(spec ast.Spec, isMain bool) []*ast.Ident {
	v := spec.(*ast.ValueSpec) // so is each spec of a var declaration
	return slices.DeleteFunc(slices.Clone(v.Names), func(id *ast.Ident) bool {
		if id.Name == "_" {
			return true
		}
		if len(v.Values) != len(v.Names) {
			return false // none, or the results of one call
		}
		value := v.Values[slices.Index(v.Names, id)]
		literal, isText := value.(*ast.BasicLit)
		return isSentinel(id.Name) && isError(value) || isMain && isText && literal.Kind == token.STRING
	})
}

func isSentinel(name string) bool {
	return strings.HasPrefix(name, "Err") || strings.HasPrefix(name, "err")
}

// isError tells whether a sentinel has the value of one: errors.New, fmt.Errorf, or another sentinel.
func isError(value ast.Expr) bool {
	if call, ok := value.(*ast.CallExpr); ok {
		sel, ok := call.Fun.(*ast.SelectorExpr)
		return ok && slices.Contains([]string{"New", "Errorf"}, sel.Sel.Name)
	}
	sel, ok := value.(*ast.SelectorExpr)
	return ok && isSentinel(sel.Sel.Name)
}

// written are the expressions that a statement changes, or lets others change.
func written(n ast.Node) []ast.Expr {
	switch s := n.(type) {
	case *ast.AssignStmt:
		if s.Tok != token.DEFINE {
			return s.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{s.X}
	case *ast.UnaryExpr:
		if s.Op == token.AND {
			return []ast.Expr{s.X}
		}
	}
	return nil
}

// foreignState names the variable of another package, or the sentinel of this
// one, that an expression is; a composite literal's type is neither.
func foreignState(target ast.Expr, imported map[string]bool) string {
	switch x := target.(type) {
	case *ast.Ident:
		if strings.HasPrefix(x.Name, "Err") {
			return x.Name
		}
	case *ast.SelectorExpr:
		if pkg, ok := x.X.(*ast.Ident); ok && imported[pkg.Name] {
			return pkg.Name + "." + x.Sel.Name
		}
	}
	return ""
}

// importNames are the names under which a file knows other packages.
func importNames(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, spec := range file.Imports {
		if spec.Name != nil {
			names[spec.Name.Name] = true
		} else if where, err := strconv.Unquote(spec.Path.Value); err == nil {
			names[path.Base(where)] = true
		}
	}
	return names
}

// Closure lists the packages of this module that root links, itself among them.
func Closure(g Graph, root string) []string {
	linked := slices.Sorted(maps.Keys(parents(g, root)))
	return slices.DeleteFunc(linked, func(pkg string) bool { return !ours(pkg) })
}
