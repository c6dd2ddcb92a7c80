package proc

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

// foreign finds the calls in a file that make or wait for a process, and may
// stand in this package only.
func foreign(t *testing.T, path string, src any) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	banned := []string{
		"os.FindProcess", "os.StartProcess", "syscall.ForkExec", "syscall.StartProcess", "syscall.Wait4",
		"unix.Wait4", "unix.Waitid",
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := call.X.(*ast.Ident); ok && slices.Contains(banned, pkg.Name+"."+call.Sel.Name) {
				found = append(found, pkg.Name+"."+call.Sel.Name)
			}
		}
		return true
	})
	return found
}

func TestOnlyThisPackageStartsAndAwaitsProcesses(t *testing.T) {
	clause.Proves(t, "SUP-109", "SUP-85")
	if got := foreign(t, "bad.go", "package p\nfunc f() { os.FindProcess(1); syscall.Wait4(-1, nil, 0, nil) }"); len(got) != 2 {
		t.Fatalf("want two calls found in a bad file, got %q", got)
	}
	checked := 0
	for _, pattern := range []string{"../*/*.go", "../../*/*.go", "../../../cmd/hermes-init/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../proc/") {
				continue
			}
			checked++
			if got := foreign(t, path, nil); len(got) != 0 {
				t.Errorf("%s uses %q: let package proc do it", path, got)
			}
		}
	}
	if checked < 100 {
		t.Errorf("want the files of PID 1 and of the leaves looked at, got %d", checked)
	}
}
