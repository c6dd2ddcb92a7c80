package laws

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"testing"

	"caduceus/internal/clause"
)

func TestPID1ImportsOnlyLeaves(t *testing.T) {
	clause.Proves(t, "SUP-84")
	report(t, InitClosure(listImports(t)), nil)
}

func TestAForeignImportOfPID1IsNamed(t *testing.T) {
	clause.Proves(t, "SUP-84")
	const boot = "caduceus/internal/pid1/boot"
	good := Graph{initCommand: {boot}, boot: {"golang.org/x/sys/unix", "os"}, "caduceus/cmd/hermes": {"os/exec", "github.com/spf13/cobra"}}
	report(t, InitClosure(good), nil)
	for name, c := range map[string]struct {
		pkg, imp string // one more edge
		want     string
	}{
		"os/exec two hops below PID 1": {boot, "os/exec", initCommand + " -> " + boot + " -> os/exec"},
		"os/exec behind the library":   {"os", "os/exec", boot + " -> os -> os/exec"},
		"the table of variables":       {boot, "caduceus/internal/repo/variables", "PID 1 holds no prose"},
		"a third party below PID 1":    {boot, "github.com/spf13/cobra", "github.com/spf13/cobra"},
	} {
		t.Run(name, func(t *testing.T) {
			g := maps.Clone(good)
			g[c.pkg] = append(slices.Clone(g[c.pkg]), c.imp)
			wantOne(t, InitClosure(g), c.want)
		})
	}
	t.Run("a graph without PID 1", func(t *testing.T) { wantOne(t, InitClosure(Graph{}), "not the repository's") })
}

// listImports asks the go command for all packages that PID 1 links.
func listImports(t *testing.T) Graph {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports", "./cmd/hermes-init")
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
