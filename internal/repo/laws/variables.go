package laws

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	// variableName is a name of the families that are the image's business.
	variableName = regexp.MustCompile(`\b_?(?:HERMES|S6|API_SERVER|GATEWAY|AGENT_BROWSER|WHATSAPP|CADUCEUS|PLAYWRIGHT)_[A-Z0-9_]*[A-Z0-9]\b|\bP[UG]ID\b`)
	// shellDefault is ${NAME:-value}, as the image's scripts give a default.
	shellDefault = regexp.MustCompile(`\$\{([A-Z][A-Z0-9_]*):-([^}$]+)\}`)
)

// Variables wants each environment variable that code, scripts and messages name in the table
// (name -> default), each row of the table but those of agents named by something of ours, and each
// default of a script to be the table's. In Go, names in string literals count, and arguments of getenv.
func Variables(tree fs.FS, table map[string]string, agents []string) ([]Violation, error) {
	used := map[string]bool{}
	files, err := readersOf(tree)
	if err != nil {
		return nil, err
	}
	var found []Violation
	for _, name := range files {
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		names := mentions(string(src))
		if strings.HasSuffix(name, ".go") {
			if names, err = literals(name, src); err != nil {
				return nil, err
			}
		}
		for _, m := range names {
			used[m.Text] = true
			if _, known := table[m.Text]; !known {
				found = append(found, Violation{name, m.Line, m.Text + " is not in the table of internal/variable: say there what it is for"})
			}
		}
		for _, m := range shellDefault.FindAllStringSubmatch(string(src), -1) {
			if def, known := table[m[1]]; known && !strings.HasSuffix(name, ".go") && def != m[2] {
				found = append(found, Violation{name, 0, fmt.Sprintf("has %s for %s, internal/variable has %q: make them equal", m[2], m[1], def)})
			}
		}
	}
	for _, name := range sortedNames(table) {
		if !used[name] && !slices.Contains(agents, name) {
			found = append(found, Violation{"internal/variable", 0, "lists " + name + ", which nothing reads: remove it"})
		}
	}
	return found, nil
}

// readersOf lists the files whose variables are people's business.
func readersOf(tree fs.FS) ([]string, error) {
	files := []string{"Dockerfile"}
	err := fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (skippedDir(d.Name()) || p == "internal/variable" || p == "internal/repo/laws" || p == "tests" || p == "ci"):
			return fs.SkipDir
		case !d.Type().IsRegular(), strings.HasSuffix(p, "_test.go"), strings.HasSuffix(p, ".json"):
		case strings.HasPrefix(p, "rootfs/"), strings.HasSuffix(p, ".go"), strings.HasSuffix(p, ".sh"):
			files = append(files, p)
		}
		return nil
	})
	return files, err
}

type mention struct {
	Text string
	Line int
}

func mentions(text string) []mention {
	var found []mention
	for n, line := range strings.Split(text, "\n") {
		for _, name := range variableName.FindAllString(line, -1) {
			found = append(found, mention{name, n + 1})
		}
	}
	return found
}

// literals are the names in string literals, and the arguments of getenv.
func literals(name string, src []byte) ([]mention, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []mention
	add := func(n ast.Node, names func(string) []string) {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			return
		}
		for _, name := range names(text) {
			if m := (mention{name, set.Position(lit.Pos()).Line}); !slices.Contains(found, m) {
				found = append(found, m)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		add(n, func(text string) []string { return variableName.FindAllString(text, -1) })
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 0 && strings.EqualFold(calledName(call), "getenv") {
			add(call.Args[0], uncommon)
		}
		return true
	})
	return found, nil
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// uncommon is the name, unless the variable is everybody's.
func uncommon(name string) []string {
	if slices.Contains([]string{"PATH", "HOME", "XDG_RUNTIME_DIR", "CI"}, name) {
		return nil
	}
	return []string{name}
}

func sortedNames(table map[string]string) []string {
	names := make([]string, 0, len(table))
	for name := range table {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
