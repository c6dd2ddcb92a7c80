package laws

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"caduceus/internal/clause"
)

func TestImports(t *testing.T) {
	clause.Proves(t, "SUP-84")
	report(t, Imports(listImports(t)), nil)
}

func TestImportsRefusesEachBadEdge(t *testing.T) {
	clause.Proves(t, "SUP-84")
	const root = "caduceus/cmd/hermes-init"
	good := Graph{root: {"caduceus/internal/pid1/boot"}, "caduceus/internal/pid1/boot": {"golang.org/x/sys/unix", "os"}, "caduceus/cmd/hermes": {"caduceus/internal/front/cli"}}
	if found := Imports(good); len(found) != 0 {
		t.Fatalf("the good graph is refused: %v", found)
	}
	cases := map[string]struct {
		pkg, imp string // one more edge
		want     string
	}{
		"os/exec two hops below PID 1": {"caduceus/internal/pid1/boot", "os/exec", "caduceus/cmd/hermes-init -> caduceus/internal/pid1/boot -> os/exec"},
		"os/exec behind the library":   {"os", "os/exec", "caduceus/internal/pid1/boot -> os -> os/exec"},
		"a third party below PID 1":    {"caduceus/internal/pid1/boot", "github.com/spf13/cobra", "github.com/spf13/cobra"},
		"the protocol imports ours":    {"caduceus/internal/s6", "caduceus/internal/pid1/proc", "leaf"},
		"a command imports the tests":  {"caduceus/cmd/hermes", "caduceus/tests/docker/checks", "internal packages only"},
		"a command has a third party":  {"caduceus/cmd/hermes", "github.com/spf13/cobra", "internal packages only"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g := maps.Clone(good)
			g[c.pkg] = append(slices.Clone(g[c.pkg]), c.imp)
			wantOne(t, Imports(g), c.want)
		})
	}
	t.Run("a graph without PID 1", func(t *testing.T) { wantOne(t, Imports(Graph{}), "not the repository's") })
}

func TestRequirements(t *testing.T) {
	root, _ := repository(t)
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	report(t, Requirements(string(text)), nil)
	const good = "module caduceus\n\n// no dagger.io/dagger here\nrequire a.b/c v1.0.0\n"
	if found := Requirements(good); len(found) != 0 {
		t.Errorf("a good go.mod is refused: %v", found)
	}
	wantOne(t, Requirements(good+"require dagger.io/dagger v0.20.0 // indirect\n"), "go.mod:5: names dagger.io")
}

// listImports asks the go command for all packages that the module builds.
func listImports(t *testing.T) Graph {
	t.Helper()
	root, _ := repository(t)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports", "./...")
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
		}
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatal(err)
		}
		g[pkg.ImportPath] = pkg.Imports
	}
}
