package targets

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// folder is where mage looks for targets.
const folder = "magefiles"

// Target is a target of mage.
type Target struct {
	Name    string // as people type it: an alias, where there is one
	Long    string // the name in full, where Name is an alias
	Args    []string
	Flags   bool   // it takes flags
	Summary string // one line, with a capital and without a full stop
	Text    string // the rest of the comment
}

// Usage is the command line.
func (t Target) Usage() string {
	usage := strings.Join(append([]string{"go tool mage", t.Name}, t.Args...), " ")
	if t.Flags {
		usage += " [FLAGS]"
	}
	return usage
}

// Read reads the targets of the repository at root, in the order of their names.
func Read(root fs.FS) ([]Target, error) {
	names, err := fs.Glob(root, folder+"/*.go")
	if err != nil {
		return nil, err
	}
	var found []Target
	aliases := map[string]string{} // by name in full
	for _, name := range names {
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, fmt.Errorf("cannot read targets: %w", err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path.Base(name), src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("cannot read targets: %w", err)
		}
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() {
					found = append(found, readTarget(d))
				}
			case *ast.GenDecl:
				readAliases(d, aliases)
			}
		}
	}
	if len(found) == 0 {
		return nil, errors.New("cannot read targets: there is none in " + folder)
	}
	for i, t := range found {
		if alias := aliases[strings.ToLower(t.Name)]; alias != "" {
			found[i].Name, found[i].Long = alias, t.Name
		}
	}
	slices.SortFunc(found, func(a, b Target) int { return cmp.Compare(a.Name, b.Name) })
	return found, nil
}

// Find returns the target of a name, alias or not, in any case, as mage takes it.
func Find(all []Target, name string) (Target, bool) {
	at := slices.IndexFunc(all, func(t Target) bool { return strings.EqualFold(t.Name, name) || strings.EqualFold(t.Long, name) })
	if at < 0 || name == "" {
		return Target{}, false
	}
	return all[at], true
}

func readTarget(fn *ast.FuncDecl) Target {
	t := Target{Name: lowerFirst(fn.Name.Name)}
	if fn.Recv != nil {
		if space, ok := fn.Recv.List[0].Type.(*ast.Ident); ok {
			t.Name = lowerFirst(space.Name) + ":" + t.Name
		}
	}
	for _, field := range fn.Type.Params.List {
		switch kind := field.Type.(type) {
		case *ast.StarExpr: // mage makes flags of pointers
			t.Flags = true
		case *ast.Ident:
			for _, name := range field.Names {
				if kind.Name == "string" {
					t.Args = append(t.Args, strings.ToUpper(name.Name))
				}
			}
		}
	}
	summary, text, _ := strings.Cut(strings.TrimSpace(fn.Doc.Text()), "\n\n")
	summary = strings.TrimPrefix(strings.Join(strings.Fields(summary), " "), fn.Name.Name+" ")
	t.Summary, t.Text = upperFirst(strings.TrimSuffix(summary, ".")), text
	return t
}

// readAliases reads the variable Aliases: text -> Namespace.Method.
func readAliases(d *ast.GenDecl, aliases map[string]string) {
	for _, spec := range d.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if !ok || value.Names[0].Name != "Aliases" || len(value.Values) == 0 {
			continue
		}
		table, ok := value.Values[0].(*ast.CompositeLit)
		if !ok {
			continue
		}
		for _, element := range table.Elts {
			pair, isPair := element.(*ast.KeyValueExpr)
			if !isPair {
				continue
			}
			key, isText := pair.Key.(*ast.BasicLit)
			method, isMethod := pair.Value.(*ast.SelectorExpr)
			if !isText || !isMethod {
				continue
			}
			space, isName := method.X.(*ast.Ident)
			alias, err := strconv.Unquote(key.Value)
			if isName && err == nil {
				aliases[strings.ToLower(space.Name+":"+method.Sel.Name)] = alias
			}
		}
	}
}

func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

func upperFirst(text string) string {
	for i, r := range text {
		return string(unicode.ToUpper(r)) + text[i+len(string(r)):]
	}
	return text
}
