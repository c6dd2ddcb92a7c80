package env

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// declared returns the constants of variables.go as the kind, and the declaration of each.
func declared(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "variables.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		kind, typed := spec.Type.(*ast.Ident)
		literal, plain := spec.Values[0].(*ast.BasicLit)
		if !typed || !plain {
			t.Fatalf("%s has no type or no literal", spec.Names[0].Name)
		}
		text := constant.StringVal(constant.MakeFromLiteral(literal.Value, literal.Kind, 0))
		if _, twice := kinds[nameOf(text)]; twice {
			t.Errorf("%s is declared twice", nameOf(text))
		}
		kinds[nameOf(text)] = kind.Name
		if kind.Name == "Number" || kind.Name == "Millis" {
			if _, err := strconv.ParseUint(defaultOf(text), 10, 31); err != nil && defaultOf(text) != "" {
				t.Errorf("the default of %s is no number", text)
			}
		}
		return true
	})
	return kinds
}

func TestEverySwitchThatPeopleSetIsListed(t *testing.T) {
	var listed, want []string
	for _, v := range Switches() {
		listed = append(listed, v.String())
	}
	for name, kind := range declared(t) {
		if slices.Contains([]string{"Exact", "Lower", "Loose"}, kind) && name != MultiplexProfiles.String() {
			want = append(want, name)
		}
	}
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("listed %q, declared %q", listed, want)
	}
}
