package laws

import (
	"slices"
	"testing"
	"testing/fstest"

	"caduceus/internal/clause"
)

func TestPackageState(t *testing.T) {
	clause.Proves(t, "SUP-91")
	_, tree := repository(t)
	packages := Closure(listImports(t), Module+"/cmd/hermes-init")
	for _, pkg := range []string{"cmd/hermes-init", "internal/pid1/boot", "internal/pid1/supervise", "internal/pid1/proc"} {
		if !slices.Contains(packages, Module+"/"+pkg) {
			t.Errorf("%s is not in the closure %q", pkg, packages)
		}
	}
	found, err := PackageState(tree, packages)
	report(t, found, err)
}

func TestPackageStateRefuses(t *testing.T) {
	clause.Proves(t, "SUP-91")
	const good = `package main
import ("errors"; "os"; "caduceus/b")
const limit = 3
var version = "dev"
var _ error = b.Error{}
var ErrBusy, errUsage = errors.New("busy"), b.ErrUsage
func f(args b.Options) *b.Options { x := os.Args; _ = x; args.Name = "n"; return &b.Options{} }
func (b T) init() {}
`
	cases := map[string]struct {
		src, want string
	}{
		"an init function":                {"package a\nfunc init() {}\n", "a/a.go:2: has an init function"},
		"a variable":                      {"package a\nvar cache map[string]int\n", "a/a.go:2: has the package variable cache"},
		"a table":                         {"package a\nvar names = []string{\"x\"}\n", "package variable names"},
		"the second of two":               {"package a\nimport \"errors\"\nvar (\n\tErrX = errors.New(\"x\")\n\tnow = 3\n)\n", "a/a.go:5: has the package variable now"},
		"the results of a call":           {"package a\nvar errA, _ = f()\n", "errA"},
		"a string for nobody's linker":    {"package a\nvar version = \"dev\"\n", "package variable version"},
		"a sentinel that is none":         {"package a\nvar errCount = 3\n", "package variable errCount"},
		"a sentinel that is set":          {"package a\nfunc f() { ErrX = nil }\n", "writes to ErrX"},
		"another package's variable":      {"package a\nimport \"os\"\nfunc f() { os.Args = nil }\n", "writes to os.Args"},
		"a counter of another package":    {"package a\nimport \"caduceus/b\"\nfunc f() { b.N++ }\n", "writes to b.N"},
		"a pointer to another's variable": {"package a\nimport \"caduceus/b\"\nfunc f() *int { return &b.N }\n", "writes to b.N"},
		"another's variable, by an alias": {"package a\nimport c \"caduceus/b\"\nfunc f() { c.N += 1 }\n", "writes to c.N"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found, err := PackageState(fstest.MapFS{
				"a/a.go":      {Data: []byte(c.src)},
				"a/a_test.go": {Data: []byte("package a\nvar state int\nfunc init() {}\n")},
			}, []string{Module + "/a"})
			if err != nil {
				t.Fatal(err)
			}
			wantOne(t, found, c.want)
		})
	}
	found, err := PackageState(fstest.MapFS{"a/a.go": {Data: []byte(good)}}, []string{Module + "/a"})
	report(t, found, err)
	if _, err := PackageState(fstest.MapFS{}, []string{Module + "/gone"}); err == nil {
		t.Error("a package without files is passed over")
	}
}

func TestClosure(t *testing.T) {
	clause.Proves(t, "SUP-91")
	g := Graph{Module + "/a": {Module + "/b", "fmt"}, Module + "/b": {Module + "/c"}, Module + "/d": {Module + "/a"}}
	if got, want := Closure(g, Module+"/a"), []string{Module + "/a", Module + "/b", Module + "/c"}; !slices.Equal(got, want) {
		t.Errorf("closure %q, want %q", got, want)
	}
}
