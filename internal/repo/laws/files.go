package laws

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Limits of the house: a longer file has more than one reason to exist, and a
// longer main cannot be tested.
const (
	maxFileLines = 400
	maxMainLines = 20
	minDocLines  = 5
)

// FileSizes refuses hand-written Go files of more than 400 lines (tests are
// exempt: tables are long) and main functions of more than 20.
func FileSizes(tree fs.FS) ([]Violation, error) {
	files, err := goFiles(tree)
	if err != nil {
		return nil, err
	}
	var found []Violation
	for _, name := range files {
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		if n := strings.Count(string(src), "\n"); n > maxFileLines && !strings.HasSuffix(name, "_test.go") {
			found = append(found, Violation{name, 0, fmt.Sprintf("has %d lines, more than %d: split it by reason to exist", n, maxFileLines)})
		}
		v, err := longMain(name, src)
		if err != nil {
			return nil, err
		}
		found = append(found, v...)
	}
	return found, nil
}

func longMain(name string, src []byte) ([]Violation, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if file.Name.Name != "main" {
		return nil, nil
	}
	var found []Violation
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Name.Name != "main" || fn.Recv != nil {
			continue
		}
		start, end := set.Position(fn.Pos()).Line, set.Position(fn.End()).Line
		if n := end - start + 1; n > maxMainLines {
			found = append(found, Violation{name, start, fmt.Sprintf("main has %d lines, more than %d: move them where a test reaches them", n, maxMainLines)})
		}
	}
	return found, nil
}

// PackageDocs wants one doc.go in each package, with a comment of at least five lines.
func PackageDocs(tree fs.FS) ([]Violation, error) {
	files, err := goFiles(tree)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") {
			dirs = append(dirs, path.Dir(name))
		}
	}
	slices.Sort(dirs)
	var found []Violation
	for _, dir := range slices.Compact(dirs) {
		name := path.Join(dir, "doc.go")
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			found = append(found, Violation{name, 0, "is missing: say in it what the package is for"})
			continue
		}
		doc, err := packageDoc(name, src)
		if err != nil {
			return nil, err
		}
		if strings.Count(doc, "\n") < minDocLines {
			found = append(found, Violation{name, 0, fmt.Sprintf("its package comment has fewer than %d lines", minDocLines)})
		}
	}
	return found, nil
}

func packageDoc(name string, src []byte) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		return "", err
	}
	return file.Doc.Text(), nil
}
