package laws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Module is the path of the root module.
const Module = "caduceus"

// Graph says which packages each package imports, tests left out; those of the standard
// library are in it, too, for os/exec hides behind some of them.
type Graph map[string][]string

// initCommand is the package of PID 1.
const initCommand = Module + "/cmd/hermes-init"

// Imports refuses the edges that would undo the architecture: the s6 protocol
// imports nothing of the project, commands import only internal packages, and
// the whole closure of PID 1 is the standard library, golang.org/x/sys and our
// own packages, without os/exec (spec: SUP-84).
func Imports(g Graph) []Violation {
	if len(g[initCommand]) == 0 {
		return []Violation{{initCommand, 0, "imports nothing: this graph is not the repository's"}}
	}
	var found []Violation
	for _, pkg := range sortedKeys(g) {
		for _, imp := range g[pkg] {
			if why := badEdge(pkg, imp); why != "" {
				found = append(found, Violation{pkg, 0, fmt.Sprintf("imports %q: %s", imp, why)})
			}
		}
	}
	return append(found, initClosure(g)...)
}

func badEdge(pkg, imp string) string {
	switch {
	case pkg == Module+"/internal/s6" && ours(imp):
		return "the protocol is a leaf"
	case strings.HasPrefix(pkg, Module+"/cmd/") && (ours(imp) || thirdParty(imp)) && !strings.HasPrefix(imp, Module+"/internal/"):
		if pkg == Module+"/cmd/hermes-verify" && strings.HasPrefix(imp, Module+"/tests/docker/") {
			return ""
		}
		return "commands import internal packages only"
	}
	return ""
}

// Requirements refuses Dagger in the root module's go.mod: it brings some hundred modules,
// and belongs in ci/, which is a module of its own. A requirement counts without an import.
func Requirements(goMod string) []Violation {
	var found []Violation
	n := 0
	for line := range strings.Lines(goMod) {
		n++
		if line, _, _ := strings.Cut(line, "//"); strings.Contains(line, "dagger.io/") {
			found = append(found, Violation{"go.mod", n, "names dagger.io: Dagger belongs in ci/, which is a module of its own"})
		}
	}
	return found
}

// initClosure reports each package that PID 1 links and must not have, with the
// chain that brings it in.
func initClosure(g Graph) []Violation {
	parent := parents(g, initCommand)
	var found []Violation
	for _, imp := range slices.Sorted(maps.Keys(parent)) {
		if forbiddenInInit(imp) {
			found = append(found, Violation{initCommand, 0, fmt.Sprintf("links %q through %s: PID 1 has the standard library without os/exec, and golang.org/x/sys", imp, chain(parent, imp))})
		}
	}
	return found
}

// parents maps each package that root links to one that imports it, root to "".
func parents(g Graph, root string) map[string]string {
	parent := map[string]string{root: ""}
	for queue := []string{root}; len(queue) > 0; queue = queue[1:] {
		for _, imp := range g[queue[0]] {
			if _, seen := parent[imp]; !seen {
				parent[imp] = queue[0]
				queue = append(queue, imp)
			}
		}
	}
	return parent
}

func forbiddenInInit(imp string) bool {
	return imp == "os/exec" || thirdParty(imp) && !strings.HasPrefix(imp, "golang.org/x/sys/")
}

// thirdParty says that a path begins with the name of a host.
func thirdParty(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return strings.Contains(first, ".")
}

func chain(parent map[string]string, pkg string) string {
	var steps []string
	for ; pkg != ""; pkg = parent[pkg] {
		steps = append(steps, pkg)
	}
	slices.Reverse(steps)
	return strings.Join(steps, " -> ")
}

func ours(imp string) bool { return imp == Module || strings.HasPrefix(imp, Module+"/") }

func sortedKeys(g Graph) []string {
	keys := make([]string, 0, len(g))
	for k := range g {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
