package laws

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"testing"
)

// spec: SUP-84
func TestImports(t *testing.T) {
	report(t, Imports(listImports(t)), nil)
}

// spec: SUP-84
func TestImportsRefusesEachBadEdge(t *testing.T) {
	cases := map[string]struct {
		graph Graph
		want  string
	}{
		"os/exec two hops below PID 1": {
			Graph{"caduceus/cmd/hermes-init": {"caduceus/internal/boot"}, "caduceus/internal/boot": {"os/exec"}},
			"caduceus/cmd/hermes-init -> caduceus/internal/boot -> os/exec",
		},
		"a third party below PID 1": {
			Graph{"caduceus/cmd/hermes-init": {"caduceus/internal/boot"}, "caduceus/internal/boot": {"github.com/spf13/cobra"}},
			"github.com/spf13/cobra",
		},
		"the protocol imports the project":        {Graph{"caduceus/internal/s6": {"caduceus/internal/proc"}}, "leaf"},
		"a command imports the tests":             {Graph{"caduceus/cmd/hermes": {"caduceus/tests/docker/checks"}}, "internal packages only"},
		"the root module imports Dagger's client": {Graph{"caduceus/image": {"dagger.io/dagger"}}, "module of its own"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { wantOne(t, Imports(c.graph), c.want) })
	}
}

// listImports asks the go command for all packages that the module builds.
func listImports(t *testing.T) Graph {
	t.Helper()
	root, _ := repository(t)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports,Standard", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cannot list packages: %v\n%s", err, stderr.String())
	}
	g := Graph{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
			Standard   bool
		}
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatal(err)
		}
		if !pkg.Standard {
			g[pkg.ImportPath] = pkg.Imports
		}
	}
}
