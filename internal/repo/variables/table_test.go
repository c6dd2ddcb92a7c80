package variables_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"caduceus/internal/env"
	"caduceus/internal/repo/variables"
)

// declared returns the kind and the declaration of each variable that internal/env declares, by its name.
func declared(t *testing.T) map[string][2]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../env/variables.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][2]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			name, def, _ := strings.Cut(text, "=")
			found[name] = [2]string{strings.ToLower(spec.Type.(*ast.Ident).Name), def}
		}
		return true
	})
	return found
}

func TestTheTableHasWhatTheProgramsRead(t *testing.T) {
	read := declared(t)
	if len(read) < 50 {
		t.Fatalf("only %d variables are declared", len(read))
	}
	rows := map[string]bool{}
	for _, v := range variables.All() {
		if rows[v.Name] {
			t.Errorf("%s stands twice in the table", v.Name)
		}
		rows[v.Name] = true
		if v.Text == "" {
			t.Errorf("%s: nothing says what it is for", v.Name)
		}
		r, ours := read[v.Name]
		switch kind := strings.Replace(string(v.Kind), "milliseconds", "millis", 1); {
		case !ours && v.Kind.Switch() && !v.Agent && v.Part != variables.Build:
			t.Errorf("%s is a switch that no program reads: declare it in internal/env", v.Name)
		case ours && (kind != r[0] || v.Default != r[1]):
			t.Errorf("%s: the table has %s %q, internal/env %s %q: take the constant", v.Name, kind, v.Default, r[0], r[1])
		}
	}
	for name := range read {
		if !rows[name] {
			t.Errorf("%s is declared in internal/env, and the table does not say what it is for", name)
		}
	}
}

func TestDefaultsAreThoseOfDockerfileAndBridge(t *testing.T) {
	dockerfile, err := os.ReadFile("../../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	options, err := os.ReadFile("../../../rootfs/opt/hermes/scripts/whatsapp-bridge/lib/options.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variables.All() {
		if v.Part == variables.Image && !strings.Contains(string(dockerfile), v.Name+"="+v.Default) {
			t.Errorf("the Dockerfile does not set %s=%s", v.Name, v.Default)
		}
		if v.Name == "WHATSAPP_REPLY_PREFIX" && !strings.Contains(string(options), "'"+v.Default+"'") {
			t.Errorf("the bridge's prefix is not %q", v.Default)
		}
	}
	if !strings.Contains(string(dockerfile), env.Home.String()+"="+env.Home.Default()) {
		t.Errorf("the Dockerfile does not set %s=%s", env.Home, env.Home.Default())
	}
}
