package laws

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// daggerSums holds the sums of Dagger's generated files, as sha256sum writes them.
const daggerSums = "internal/repo/laws/dagger.sum"

// generatedSuffix ends the name of each generated Go file, and of no other.
const generatedSuffix = ".gen.go"

// DaggerCode wants Dagger's generated Go files as its generator left them: with the header,
// and with the sum that the list has. The generator is no part of the repository (it needs a
// Dagger engine), so the sum stands in for generating anew, as Generated does elsewhere; and
// each function of the module has to be in the code that calls it, for one that is missing
// there compiles.
func DaggerCode(tree fs.FS, sums string) ([]Violation, error) {
	listed, err := parseSums(sums)
	if err != nil {
		return nil, err
	}
	var found []Violation
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".go" {
			if err == nil && d.IsDir() && skippedDir(d.Name()) {
				return fs.SkipDir
			}
			return err
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		header := strings.HasPrefix(string(src), "// Code generated ") && generatedHeader.Match(src)
		if !strings.HasSuffix(name, generatedSuffix) {
			if header {
				found = append(found, Violation{name, 0, "says that it is generated: name it *" + generatedSuffix + ", or take the line out"})
			}
			return nil
		}
		if !header {
			found = append(found, Violation{name, 0, `has no line "// Code generated ... DO NOT EDIT."`})
		}
		sum := sha256.Sum256(src)
		if listed[name] != hex.EncodeToString(sum[:]) {
			found = append(found, Violation{name, 0, "is not what " + daggerSums + ` has the sum of: do not edit it, run "dagger develop", then sha256sum into the list`})
		}
		delete(listed, name)
		return nil
	})
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		found = append(found, Violation{daggerSums, 0, "lists " + name + ", which is not there"})
	}
	if err != nil {
		return nil, err
	}
	more, err := undispatched(tree)
	return append(found, more...), err
}

// parseSums reads lines of sha256sum: the sum, two spaces, the name.
func parseSums(text string) (map[string]string, error) {
	sums := map[string]string{}
	for line := range strings.Lines(text) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok || len(sum) != 2*sha256.Size {
			return nil, fmt.Errorf("cannot read %s: want a line of sha256sum, got %q", daggerSums, line)
		}
		sums[name] = sum
	}
	return sums, nil
}

// undispatched names the functions of the Dagger module that its generated code does not call.
func undispatched(tree fs.FS) ([]Violation, error) {
	const dispatch = "ci/dagger.gen.go"
	code, err := fs.ReadFile(tree, dispatch)
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(tree, "ci/*.go")
	if err != nil {
		return nil, err
	}
	var found []Violation
	for _, name := range files {
		if strings.HasSuffix(name, generatedSuffix) || strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() {
				continue
			}
			if !strings.Contains(string(code), ")."+fn.Name.Name+"(&parent") {
				found = append(found, Violation{name, set.Position(fn.Pos()).Line, dispatch + " does not call " + fn.Name.Name + `: run "dagger develop"`})
			}
		}
	}
	return found, nil
}
