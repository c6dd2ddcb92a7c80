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

// declarations is where the variables that the image's programs read are constants.
const declarations = "internal/env/variables.go"

// oneGateway is a list of the agent's variables, which a check compares with the agent.
const oneGateway = "rootfs/opt/hermes/libexec/one-gateway"

// Variables wants each environment variable that code, scripts and messages name in the table
// (name -> default), each row of the table but those of agents used by something of ours, and each
// default of a script to be the table's. In Go, names in string literals count, arguments of getenv, and
// constants of internal/env; the image's programs name a variable by its constant.
func Variables(tree Tree, table map[string]string, agents []string) ([]Violation, error) {
	constants, err := constantsOf(tree)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	var found []Violation
	for file := range tree.Files("*") {
		if !readsVariables(file.Name) {
			continue
		}
		isGo := strings.HasSuffix(file.Name, ".go")
		names := mentions(file)
		if isGo {
			if names, err = literals(file, constants); err != nil {
				return nil, err
			}
		}
		for _, m := range names {
			used[m.Text] = true
			if _, known := table[m.Text]; !known {
				found = append(found, Violation{file.Name, m.Line, m.Text + " is not in the table of internal/repo/variables: say there what it is for"})
			}
			if m.Whole && ofImage(file.Name) {
				found = append(found, Violation{file.Name, m.Line, m.Text + " is named by a string: name it by its constant of internal/env"})
			}
		}
		for _, m := range shellDefault.FindAllStringSubmatch(file.Text, -1) {
			if def, known := table[m[1]]; known && !isGo && def != m[2] {
				found = append(found, Violation{file.Name, 0, fmt.Sprintf("has %s for %s, internal/repo/variables has %q: make them equal", m[2], m[1], def)})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if !used[name] && !slices.Contains(agents, name) {
			found = append(found, Violation{"internal/repo/variables", 0, "lists " + name + ", which nothing reads: remove it"})
		}
	}
	return found, nil
}

// constantsOf maps the constants of internal/env to the names of their variables.
func constantsOf(tree Tree) (map[string]string, error) {
	constants := map[string]string{}
	for file := range tree.Files(declarations) {
		_, parsed, err := file.Go()
		if err != nil {
			return nil, err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				name, _, _ := strings.Cut(stringOf(spec.Values[0]), "=")
				constants[spec.Names[0].Name] = name
			}
			return true
		})
	}
	return constants, nil
}

// stringOf returns what a string literal stands for, "" for anything else.
func stringOf(n ast.Node) string {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value) // the parser has accepted it
	return text
}

// readsVariables reports whether the variables in a file are a user's business.
func readsVariables(name string) bool {
	for _, dir := range []string{"internal/env/", "internal/repo/laws/", "internal/repo/variables/", "internal/rig/", "tests/", "ci/"} {
		if strings.HasPrefix(name, dir) {
			return false
		}
	}
	if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".json") || name == oneGateway {
		return false
	}
	return name == "Dockerfile" || strings.HasPrefix(name, "rootfs/") || strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".sh")
}

// ofImage reports whether a Go file is linked into the programs of the image.
func ofImage(name string) bool {
	return strings.HasSuffix(name, ".go") && slices.ContainsFunc([]string{"cmd/", "internal/front/", "internal/identity/", "internal/pid1/", "internal/s6/"},
		func(dir string) bool { return strings.HasPrefix(name, dir) })
}

type mention struct {
	Text  string
	Line  int
	Whole bool // the string is the name and nothing else
}

func mentions(file File) []mention {
	var found []mention
	for n, line := range file.Lines() {
		for _, name := range variableName.FindAllString(line, -1) {
			found = append(found, mention{Text: name, Line: n})
		}
	}
	return found
}

// literals returns the names in string literals, the arguments of getenv, and what the constants of
// internal/env stand for.
func literals(file File, constants map[string]string) ([]mention, error) {
	set, parsed, err := file.Go()
	if err != nil {
		return nil, err
	}
	var found []mention
	add := func(n ast.Node, name string, whole bool) {
		if m := (mention{name, set.Position(n.Pos()).Line, whole}); name != "" && !slices.Contains(found, m) {
			found = append(found, m)
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		text := stringOf(n)
		for _, name := range variableName.FindAllString(text, -1) {
			add(n, name, strings.TrimSuffix(text, "=") == name)
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			if len(n.Args) > 0 && strings.EqualFold(calledName(n), "getenv") {
				add(n, uncommon(stringOf(n.Args[0])), false)
			}
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "env" {
				add(n, constants[n.Sel.Name], false)
			}
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

// uncommon returns the name, "" if the variable is everybody's.
func uncommon(name string) string {
	if slices.Contains([]string{"PATH", "HOME", "XDG_RUNTIME_DIR", "CI"}, name) {
		return ""
	}
	return name
}
