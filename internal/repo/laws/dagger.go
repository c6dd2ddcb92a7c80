package laws

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// daggerSums holds the sums of Dagger's generated files, as sha256sum writes them.
const daggerSums = "internal/repo/laws/dagger.sum"

// generatedSuffix ends the name of each generated Go file, and of no other.
const generatedSuffix = ".gen.go"

// DaggerCode wants Dagger's generated Go files as its generator left them: with the header, and with the
// sum that the list has. The generator needs a Dagger engine, so the sum stands in for generating anew.
// And each function of the module has to be in the code that calls it, for one that is missing there
// compiles.
func DaggerCode(tree Tree) ([]Violation, error) {
	list, _ := tree.File(daggerSums)
	listed, err := parseSums(list.Text)
	if err != nil {
		return nil, err
	}
	var found []Violation
	for file := range tree.Files("*.go") {
		header := strings.HasPrefix(file.Text, "// Code generated ") && generatedHeader.MatchString(file.Text)
		if !strings.HasSuffix(file.Name, generatedSuffix) {
			if header {
				found = append(found, Violation{file.Name, 0, "says that it is generated: name it *" + generatedSuffix + ", or take the line out"})
			}
			continue
		}
		if !header {
			found = append(found, Violation{file.Name, 0, `has no line "// Code generated ... DO NOT EDIT."`})
		}
		sum := sha256.Sum256([]byte(file.Text))
		if listed[file.Name] != hex.EncodeToString(sum[:]) {
			found = append(found, Violation{file.Name, 0, "is not what " + daggerSums + ` has the sum of: do not edit it, run "dagger develop", then sha256sum into the list`})
		}
		delete(listed, file.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		found = append(found, Violation{daggerSums, 0, "lists " + name + ", which is not there"})
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
func undispatched(tree Tree) ([]Violation, error) {
	const dispatch = "ci/dagger.gen.go"
	code, _ := tree.File(dispatch)
	var found []Violation
	for file := range tree.Files("ci/*.go") {
		if strings.HasSuffix(file.Name, generatedSuffix) || strings.HasSuffix(file.Name, "_test.go") {
			continue
		}
		set, parsed, err := file.Go()
		if err != nil {
			return nil, err
		}
		for _, decl := range parsed.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() {
				continue
			}
			if !strings.Contains(code.Text, ")."+fn.Name.Name+"(&parent") {
				found = append(found, Violation{file.Name, set.Position(fn.Pos()).Line, dispatch + " does not call " + fn.Name.Name + `: run "dagger develop"`})
			}
		}
	}
	return found, nil
}

// DaggerIncludes wants dagger.json to include each package of the root module that the Dagger module needs:
// an engine gives the module no other files, and without an engine it compiles all the same.
func DaggerIncludes(tree Tree) ([]Violation, error) {
	const list = "dagger.json"
	var config struct{ Include []string }
	file, _ := tree.File(list)
	if err := json.Unmarshal([]byte(file.Text), &config); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", list, err)
	}
	var found []Violation
	seen := map[string]bool{"ci": true}
	for queue := []string{"ci"}; len(queue) > 0; queue = queue[1:] {
		imported, err := ownImports(tree, queue[0])
		if err != nil {
			return nil, err
		}
		for _, dir := range imported {
			if seen[dir] || strings.HasPrefix(dir, "ci/") {
				continue
			}
			seen[dir] = true
			queue = append(queue, dir)
			if !slices.Contains(config.Include, dir+"/*.go") {
				found = append(found, Violation{list, 0, fmt.Sprintf("does not include %q, which %s imports: add it", dir+"/*.go", queue[0])})
			}
		}
	}
	return found, nil
}

// ownImports are the folders of this repository's packages that a package imports, tests left out.
func ownImports(tree Tree, dir string) ([]string, error) {
	var dirs []string
	for file := range tree.Files(dir + "/*.go") {
		if strings.HasSuffix(file.Name, "_test.go") {
			continue
		}
		_, parsed, err := file.Go()
		if err != nil {
			return nil, err
		}
		for _, spec := range parsed.Imports {
			if own, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), "caduceus/"); ok {
				dirs = append(dirs, own)
			}
		}
	}
	return dirs, nil
}
