package laws

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
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
func Variables(tree Tree, table map[string]string, agents []string) ([]Violation, error) {
	used := map[string]bool{}
	var found []Violation
	for file := range tree.Files("*") {
		if !readsVariables(file.Name) {
			continue
		}
		isGo := strings.HasSuffix(file.Name, ".go")
		names := mentions(file)
		if isGo {
			var err error
			if names, err = literals(file); err != nil {
				return nil, err
			}
		}
		for _, m := range names {
			used[m.Text] = true
			if _, known := table[m.Text]; !known {
				found = append(found, Violation{file.Name, m.Line, m.Text + " is not in the table of internal/variable: say there what it is for"})
			}
		}
		for _, m := range shellDefault.FindAllStringSubmatch(file.Text, -1) {
			if def, known := table[m[1]]; known && !isGo && def != m[2] {
				found = append(found, Violation{file.Name, 0, fmt.Sprintf("has %s for %s, internal/variable has %q: make them equal", m[2], m[1], def)})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if !used[name] && !slices.Contains(agents, name) {
			found = append(found, Violation{"internal/variable", 0, "lists " + name + ", which nothing reads: remove it"})
		}
	}
	return found, nil
}

// readsVariables reports whether the variables in a file are a user's business.
func readsVariables(name string) bool {
	for _, dir := range []string{"internal/variable/", "internal/repo/laws/", "internal/rig/", "tests/", "ci/"} {
		if strings.HasPrefix(name, dir) {
			return false
		}
	}
	if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".json") {
		return false
	}
	return name == "Dockerfile" || strings.HasPrefix(name, "rootfs/") || strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".sh")
}

type mention struct {
	Text string
	Line int
}

func mentions(file File) []mention {
	var found []mention
	for n, line := range file.Lines() {
		for _, name := range variableName.FindAllString(line, -1) {
			found = append(found, mention{name, n})
		}
	}
	return found
}

// literals are the names in string literals, and the arguments of getenv.
func literals(file File) ([]mention, error) {
	set, parsed, err := file.Go()
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
	ast.Inspect(parsed, func(n ast.Node) bool {
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
